extension Recording {
    /// What a backward pass is to find.
    package struct Wanted: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// The gradient of the images.
        package static let images = Wanted(rawValue: 1)
        /// Those of the low-rank updates' factors.
        package static let updates = Wanted(rawValue: 2)
        /// Those of all weights of the network.
        package static let weights = Wanted(rawValue: 4)
    }

    /// Memory for the pass.
    struct Memory {
        /// [N * T, C].
        let tokens: MatrixView
        /// [N * T, C], besides the scratch memory's own.
        let narrow: MatrixView
        /// As large as the MLPs' hidden layer; only with `.weights`, a gate or a norm there.
        let active: UnsafeMutablePointer<Float>
        /// [N * T, r].
        let reduced: MatrixView
        let scratch: VisionTransformer.Scratch
    }

    /// Goes back from the gradient of the features.
    /// - Parameters:
    ///   - dFeatures: [N, width of the feature].
    ///   - weights: the network's, packed for this.
    ///   - wanted: which gradients to find.
    ///   - sums: where the gradients of weights and factors are added; those of the latter as
    ///     `blocks.0.attn.qkv.lora_A` [r, C] and `.lora_B` [3 C, r].
    /// - Returns: the gradient of the images, of their shape, when that is wanted.
    @discardableResult
    package func backward(
        _ dFeatures: Tensor, through weights: BackwardWeights, wanting wanted: Wanted, into sums: WeightGradients
    ) -> Tensor? {
        precondition(dFeatures.shape == features.shape, "gradient \(dFeatures.shape) of features \(features.shape)")
        precondition(firstBlock == 0 || wanted == .updates, "nothing is kept of the blocks below \(firstBlock)")
        if case .tokens = entry { precondition(wanted == .updates, "the images are not there") }
        let (rows, width, configuration) = (count * tokens, network.configuration.width, network.configuration)
        // A gate's backward pass takes what multiplied, a norm's what was normalized.
        let active =
            wanted.contains(.weights) || configuration.hasGate || configuration.hasMLPNorm
            ? VisionTransformer.Scratch.hiddenCount(rows: rows, configuration) : 0
        let reduced = rows * (tuning?.rank ?? 0)
        let extra = [rows * width, rows * width, output.rows * width, active, reduced].reduce(0) {
            $0 + Workspace.Arena.rounded($1)
        }
        return VisionTransformer.Scratch.with(
            images: count, tokens: tokens, network.configuration, extra: extra
        ) { scratch, arena in
            let memory = Memory(
                tokens: arena.matrix(rows: rows, columns: width), narrow: arena.matrix(rows: rows, columns: width),
                active: arena.take(active),
                reduced: MatrixView(arena.take(reduced), rows: rows, columns: tuning?.rank ?? 0), scratch: scratch)
            let dOutput = readsAllTokens ? memory.tokens : arena.matrix(rows: output.rows, columns: width)
            readBackward(dFeatures, through: weights, into: dOutput, wanted.contains(.weights) ? sums : nil)
            var current = dOutput
            for index in range.reversed() {
                if recomputes && index + 1 < range.upperBound { run(index, scratch, into: nil) }
                let isLast = index == firstBlock && wanted == .updates
                mlpBackward(index, current, through: weights, wanted, memory, sums)
                attentionBackward(index, current, through: weights, wanted, memory, sums, isLast: isLast)
                current = memory.tokens
            }
            return embedBackward(memory, through: weights, wanted, sums)
        }
    }

    /// x + mlp(norm2(x)): turns the gradient of the sum, in place, into that of x.
    private func mlpBackward(
        _ index: Int, _ dx: MatrixView, through weights: BackwardWeights, _ wanted: Wanted, _ memory: Memory,
        _ sums: WeightGradients
    ) {
        let (block, saved, back) = (network.blocks[index], saved(index), weights.blocks[index])
        let dHidden = memory.scratch.hidden(rows: dx.rows)
        let active = VisionTransformer.Scratch.hidden(memory.active, rows: dx.rows, network.configuration)
        if wanted.contains(.weights) {
            activate(block, saved, into: active)
            sums.add(
                block.contraction, named: name(index, "mlp.fc2"), scale: block.scale2, named: name(index, "ls2.gamma"),
                input: active, dOutput: BlockedMatrix(dx))
        }
        back.contraction.forward(BlockedMatrix(dx), into: dHidden, then: .bias)
        if let norm = block.mlpNorm {
            multiplied(saved, into: active)
            let (rows, gradient) = (active.view(0..<active.block), dHidden.view(0..<dHidden.block))
            normBackward(
                norm, named: name(index, "mlp.norm"), rows, dOutput: gradient, into: gradient, adds: false, wanted, sums
            )
        }
        let activation = network.configuration.activation
        let dGate = saved.gate.map { gate in
            // y = h a(g): the gate's gradient is dy h a'(g), that of h is dy a(g).
            let dGate = memory.scratch.gate(rows: dx.rows)
            dGate.buffer.baseAddress!.update(from: dHidden.buffer.baseAddress!, count: dHidden.buffer.count)
            dGate.multiply(by: saved.hidden)
            activation.backward(gate.buffer, dOutput: dGate.buffer, into: dGate.buffer)
            activation.forward(gate.buffer, into: active.buffer)
            dHidden.multiply(by: active)
            return dGate
        }
        if dGate == nil { activation.backward(saved.hidden.buffer, dOutput: dHidden.buffer, into: dHidden.buffer) }
        let normalized = memory.narrow.rows(0..<dx.rows)
        if wanted.contains(.weights) {
            block.norm2.forward(saved.middle, into: normalized)
            sums.add(
                block.hidden, named: name(index, "mlp.fc1"), input: BlockedMatrix(normalized), dOutput: dHidden)
            if let gate = block.gate, let dGate {
                sums.add(gate, named: name(index, "mlp.gate"), input: BlockedMatrix(normalized), dOutput: dGate)
            }
        }
        back.hidden.forward(dHidden, into: BlockedMatrix(normalized), then: .bias)
        if let dGate { back.gate?.forward(dGate, into: BlockedMatrix(normalized), then: .residual(scale: nil)) }
        normBackward(
            block.norm2, named: name(index, "norm2"), saved.middle, dOutput: normalized, into: dx, adds: true, wanted,
            sums)
    }

    /// x + attention(norm1(x)): takes the gradient of the sum to that of x, in `memory.tokens`.
    /// - Parameter isLast: whether nothing below is wanted.
    private func attentionBackward(
        _ index: Int, _ dx: MatrixView, through weights: BackwardWeights, _ wanted: Wanted, _ memory: Memory,
        _ sums: WeightGradients, isLast: Bool
    ) {
        let (block, saved, back) = (network.blocks[index], saved(index), weights.blocks[index])
        let (narrow, scratch) = (memory.narrow, memory.scratch)
        let dAttended = narrow.rows(0..<dx.rows)
        if wanted.contains(.weights) {
            attend(saved, into: narrow, scratch)
            block.attentionNorm?.forward(dAttended, into: dAttended)
            sums.add(
                block.output, named: name(index, "attn.proj"), scale: block.scale1, named: name(index, "ls1.gamma"),
                input: BlockedMatrix(dAttended), dOutput: BlockedMatrix(dx))
        }
        back.output.forward(dx, into: dAttended, then: .bias)
        if let norm = block.attentionNorm {
            let attended = scratch.narrow
            attend(saved, into: attended, scratch)
            normBackward(
                norm, named: name(index, "attn.norm"), attended.rows(0..<dx.rows), dOutput: dAttended, into: dAttended,
                adds: false, wanted, sums)
        }
        let dQKV = scratch.qkv(rows: saved.input.rows)
        network.attention.backward(
            saved.qkv, dOutput: dAttended, tokens: tokens, into: dQKV, scratch: scratch.lanes)
        if let rotation { network.attention.rotate(dQKV, tokens: tokens, by: rotation, backwards: true) }
        if wanted.contains(.weights) {
            block.norm1.forward(saved.input, into: narrow)
            sums.add(block.qkv, named: name(index, "attn.qkv"), input: BlockedMatrix(narrow), dOutput: dQKV)
        }
        if !isLast { back.qkv.forward(dQKV, into: BlockedMatrix(scratch.narrow.rows(0..<narrow.rows)), then: .bias) }
        updateBackward(index, dQKV, wanted, memory, sums, isLast: isLast)
        guard !isLast else { return }
        let dNormalized = scratch.narrow.rows(0..<narrow.rows)
        let addsToTokens = dx.base == memory.tokens.base
        normBackward(
            block.norm1, named: name(index, "norm1"), saved.input, dOutput: dNormalized, into: memory.tokens,
            adds: addsToTokens, wanted, sums)
        if !addsToTokens {
            for n in 0..<dx.rows {
                let (row, target) = (dx.base + n * dx.stride, memory.tokens.base + n * tokens * dx.columns)
                for i in 0..<dx.columns { target[i] += row[i] }
            }
        }
    }

    /// The low-rank update of queries, keys and values: adds the gradients of its factors to the sums, and that of its
    /// input to `memory.scratch.narrow`.
    private func updateBackward(
        _ index: Int, _ dQKV: BlockedMatrix, _ wanted: Wanted, _ memory: Memory, _ sums: WeightGradients, isLast: Bool
    ) {
        guard let tuning, let layer = tuning.layers[index] else { return }
        let (saved, narrow) = (saved(index), memory.narrow)
        let dReduced = memory.reduced
        layer.upTransposed.forward(dQKV, into: BlockedMatrix(dReduced), then: .bias)
        if wanted.contains(.updates) {
            network.blocks[index].norm1.forward(saved.input, into: narrow)
            drop(narrow, block: index)
            let name = name(index, "attn.qkv")
            sums.add(to: name + ".lora_B", [dQKV.columns, layer.rank]) {
                Linear.addWeightGradient(
                    dOutput: dQKV, input: BlockedMatrix(saved.reduced), scale: tuning.scale, into: $0)
            }
            sums.add(to: name + ".lora_A", [layer.rank, narrow.columns]) {
                Linear.addWeightGradient(dOutput: BlockedMatrix(dReduced), input: BlockedMatrix(narrow), into: $0)
            }
        }
        guard !isLast else { return }
        let dInput = memory.scratch.narrow.rows(0..<narrow.rows)
        guard tuning.dropout != nil else {
            return layer.downTransposed.forward(dReduced, into: dInput, then: .residual(scale: nil))
        }
        layer.downTransposed.forward(dReduced, into: narrow, then: .bias)
        drop(narrow, block: index)
        for i in 0..<(narrow.rows * narrow.columns) { dInput.base[i] += narrow.base[i] }
    }

    func normBackward(
        _ norm: LayerNorm, named name: String, _ x: MatrixView, dOutput: MatrixView, into dInput: MatrixView,
        adds: Bool, _ wanted: Wanted, _ sums: WeightGradients
    ) {
        guard wanted.contains(.weights) else {
            return norm.backward(x, dOutput: dOutput, into: dInput, adds: adds)
        }
        sums.add(name, width: x.columns) {
            norm.backward(x, dOutput: dOutput, into: dInput, adds: adds, parameters: $0)
        }
    }

    private func name(_ block: Int, _ layer: String) -> String { "blocks.\(block).\(layer)" }
}
