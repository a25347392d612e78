/// The largest magnitude of every input of a network's linear layers over some images, by the layers' names: what tells
/// inputs that are far larger than the others, and would take the scale of their whole row.
package struct InputMagnitudes: Sendable, Hashable {
    /// `blocks.0.attn.qkv` and the like, [inputs] each.
    package private(set) var layers: [String: [Float]]

    /// Takes magnitudes that were measured before.
    package init(_ layers: [String: [Float]] = [:]) { self.layers = layers }

    /// Adds rows of inputs of a layer.
    mutating func observe(_ layer: String, _ x: BlockedMatrix) {
        var highest = layers[layer] ?? [Float](repeating: 0, count: x.columns)
        for index in 0..<x.blocks {
            let columns = x.columns(ofBlock: index)
            let part = x.view(columns)
            for r in 0..<part.rows {
                let row = part.base + r * part.stride
                for i in 0..<columns.count {
                    highest[columns.lowerBound + i] = max(highest[columns.lowerBound + i], abs(row[i]))
                }
            }
        }
        layers[layer] = highest
    }
}

extension VisionTransformer {
    /// Adds what enters the linear layers of the first blocks.
    /// - Parameters:
    ///   - images: [N, 3, H, W] in [0, 1].
    ///   - last: the index of the last block that is looked at.
    package func observe(_ images: Tensor, through last: Int, in magnitudes: inout InputMagnitudes) {
        precondition(images.shape.rank == 4 && images.shape[1] == 3, "images of shape \(images.shape)")
        let grid = grid(height: images.shape[2], width: images.shape[3])
        let (count, tokens, width) = (images.shape[0], tokenCount(grid), configuration.width)
        Scratch.with(images: count, tokens: tokens, configuration, extra: count * tokens * width) { scratch, arena in
            let x = arena.matrix(rows: count * tokens, columns: width)
            embed(images, 0..<count, grid, into: x, scratch)
            let rotation = rotation(of: grid)
            for (index, block) in blocks.prefix(last + 1).enumerated() {
                let name = "blocks.\(index)."
                let normalized = scratch.narrow.rows(0..<x.rows)
                block.norm1.forward(x, into: normalized)
                magnitudes.observe(name + "attn.qkv", BlockedMatrix(normalized))
                let qkv = scratch.qkv(rows: x.rows)
                block.qkv.forward(BlockedMatrix(normalized), into: qkv, then: .bias)
                if let rotation { attention.rotate(qkv, tokens: tokens, by: rotation) }
                attention.forward(qkv, tokens: tokens, into: normalized, scratch: scratch.lanes)
                block.attentionNorm?.forward(normalized, into: normalized)
                magnitudes.observe(name + "attn.proj", BlockedMatrix(normalized))
                block.output.forward(normalized, into: x, then: .residual(scale: block.scale1))
                block.norm2.forward(x, into: normalized)
                magnitudes.observe(name + "mlp.fc1", BlockedMatrix(normalized))
                mlp(block, on: x, scratch)
            }
        }
    }
}

extension WeightSet {
    /// The same network with inputs and weights of some layers brought nearer to each other, as SmoothQuant does (Xiao et al.
    /// 2022, with a strength of one half): what multiplies an input divides its weights, so that nothing changes before
    /// numbers are rounded.
    ///
    /// Inputs of qkv and fc1 are scaled in the layer norm before, those of proj in the values' rows of qkv or in the norm
    /// between. A gate takes what fc1 takes.
    package func smoothed(
        by magnitudes: InputMagnitudes, for configuration: VisionTransformerConfiguration, reading feature: Feature
    ) throws(DreamSimError) -> WeightSet {
        var smoothed = self
        let width = configuration.width
        let layers = Set(VisionTransformer.integerLayers(of: configuration, reading: feature).map(\.name))
        for index in 0..<configuration.depth {
            let values = configuration.hasAttentionNorm ? ("attn.norm", 0) : ("attn.qkv", 2 * width)
            for (layer, (before, first)) in [
                ("attn.proj", values), ("attn.qkv", ("norm1", 0)), ("mlp.fc1", ("norm2", 0)),
            ] {
                let (name, before) = ("blocks.\(index).\(layer)", "blocks.\(index).\(before)")
                let gate = layer == "mlp.fc1" && configuration.hasGate ? "blocks.\(index).mlp.gate.weight" : nil
                guard layers.contains(name), let highest = magnitudes.layers[name] else { continue }
                guard highest.count == width else {
                    throw DreamSimError(
                        .shapeMismatch, origin, key: name,
                        "has \(width) inputs, and was calibrated with \(highest.count); calibrate this model")
                }
                guard let weight = smoothed.tensors[name + ".weight"], weight.shape.rank == 2,
                    var earlier = smoothed.tensors[before + ".weight"], var bias = smoothed.tensors[before + ".bias"]
                else { continue }
                let factors = Self.factors(weight, highest)
                smoothed.tensors[name + ".weight"] = Self.multiplied(weight, columnsBy: factors)
                if let gate, let weight = smoothed.tensors[gate] {
                    smoothed.tensors[gate] = Self.multiplied(weight, columnsBy: factors)
                }
                let perFactor = earlier.shape.rank == 2 ? earlier.shape[1] : 1
                earlier.withUnsafeMutableBufferPointer { values in
                    for k in 0..<width {
                        for i in 0..<perFactor { values[(first + k) * perFactor + i] /= factors[k] }
                    }
                }
                bias.withUnsafeMutableBufferPointer { values in
                    for k in 0..<width { values[first + k] /= factors[k] }
                }
                smoothed.tensors[before + ".weight"] = earlier
                smoothed.tensors[before + ".bias"] = bias
            }
        }
        return smoothed
    }

    /// What each input's weights are multiplied with: the root of the input's largest magnitude over that of its weights.
    private static func factors(_ weight: Tensor, _ inputs: [Float]) -> [Float] {
        let (outputs, width) = (weight.shape[0], weight.shape[1])
        var highest = [Float](repeating: 0, count: width)
        weight.withUnsafeBufferPointer { values in
            for o in 0..<outputs {
                for k in 0..<width { highest[k] = max(highest[k], abs(values[o * width + k])) }
            }
        }
        return zip(inputs, highest).map { input, weight in
            let factor = (max(input, 1e-5) / max(weight, 1e-5)).squareRoot()
            return factor.isFinite && factor > 0 ? factor : 1
        }
    }

    private static func multiplied(_ weight: Tensor, columnsBy factors: [Float]) -> Tensor {
        var weight = weight
        let (outputs, width) = (weight.shape[0], weight.shape[1])
        weight.withUnsafeMutableBufferPointer { values in
            for o in 0..<outputs {
                for k in 0..<width { values[o * width + k] *= factors[k] }
            }
        }
        return weight
    }
}
