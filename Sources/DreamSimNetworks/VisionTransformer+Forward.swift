extension VisionTransformer {
    /// The number of patches of an image along its height and its width.
    package struct Grid: Hashable, Sendable {
        package let rows: Int
        package let columns: Int
        package var count: Int { rows * columns }
    }

    /// The patches of images of a size.
    /// - Precondition: the patch size divides both sides.
    package func grid(height: Int, width: Int) -> Grid {
        let patch = configuration.patchSize
        precondition(
            height > 0 && width > 0 && height % patch == 0 && width % patch == 0,
            "image of \(height)x\(width) pixels does not divide into patches of \(patch)")
        return Grid(rows: height / patch, columns: width / patch)
    }

    /// T, the tokens of an image: the class token, the registers, the patches row by row.
    package func tokenCount(_ grid: Grid) -> Int {
        configuration.prefixTokens + grid.count
    }

    /// Runs the network up to a block.
    /// - Parameters:
    ///   - images: [N, 3, H, W] in [0, 1]; the mean and standard deviation are applied here.
    ///   - last: the index of the last block to run.
    ///   - visit: called after each block with its index and the tokens [N * T, C], before the final layer norm.
    /// - Returns: the tokens [N, T, C] after block `last`.
    package func tokens(
        of images: Tensor, through last: Int, visit: (Int, MatrixView) -> Void = { _, _ in }
    ) -> Tensor {
        precondition(images.shape.rank == 4 && images.shape[1] == 3, "images of shape \(images.shape)")
        precondition(blocks.indices.contains(last), "block \(last) of \(blocks.count)")
        let grid = grid(height: images.shape[2], width: images.shape[3])
        let (count, tokens, width) = (images.shape[0], tokenCount(grid), configuration.width)
        return Tensor(uninitialized: [count, tokens, width]) { memory in
            let x = MatrixView(memory.baseAddress!, rows: count * tokens, columns: width)
            let most = min(count, Self.imagesTogether)
            Scratch.with(images: most, tokens: tokens, configuration) { scratch, _ in
                for first in stride(from: 0, to: count, by: most) {
                    let range = first..<min(first + most, count)
                    embed(images, range, grid, into: x.rows(Self.rows(range, tokens)), scratch)
                }
                let rotation = rotation(of: grid)
                for index in 0...last {
                    for first in stride(from: 0, to: count, by: most) {
                        let range = first..<min(first + most, count)
                        run(blocks[index], on: x.rows(Self.rows(range, tokens)), tokens: tokens, rotation, scratch)
                    }
                    visit(index, x)
                }
            }
        }
    }

    /// The rows of the tokens of some images.
    static func rows(_ images: Range<Int>, _ tokens: Int) -> Range<Int> {
        (images.lowerBound * tokens)..<(images.upperBound * tokens)
    }

    /// The images that pass the network together. More would not make the matrix products faster, and their tokens would
    /// leave the processor's caches.
    static let imagesTogether = 8

    /// The final layer norm over rows of tokens [rows, C].
    package func finalNorm(_ x: MatrixView, into y: MatrixView) {
        norm.forward(x, into: y)
    }

    /// Runs a block for the tokens of some images, [N * T, C].
    func run(_ block: Block, on x: MatrixView, tokens: Int, _ rotation: Rotation?, _ scratch: Scratch) {
        let qkv = scratch.qkv(rows: x.rows)
        Timings.measure(.qkv, operations: block.qkv.operations(rows: x.rows)) {
            multiply(x, normalizedBy: block.norm1, block.qkv, scratch) {
                block.qkv.forward($0, into: qkv, then: .bias)
            } rounded: {
                block.qkv.forward($0, into: qkv, then: .bias)
            }
        }
        let rounded = block.output.integers.flatMap { integers in
            integers.block == attention.headWidth && block.attentionNorm == nil
                ? scratch.rounded(rows: x.rows, block: integers.block, integers.precision) : nil
        }
        let attended = scratch.narrow.rows(0..<x.rows)
        Timings.measure(.attention, operations: attention.operations(images: x.rows / tokens, tokens: tokens)) {
            if let rotation { attention.rotate(qkv, tokens: tokens, by: rotation) }
            if let rounded {
                attention.forward(qkv, tokens: tokens, rounding: rounded, scratch: scratch.lanes)
            } else {
                attention.forward(qkv, tokens: tokens, into: attended, scratch: scratch.lanes)
                block.attentionNorm?.forward(attended, into: attended)
            }
        }
        Timings.measure(.projection, operations: block.output.operations(rows: x.rows)) {
            if let rounded {
                block.output.forward(rounded, into: BlockedMatrix(x), then: .residual(scale: block.scale1))
            } else {
                block.output.forward(attended, into: x, then: .residual(scale: block.scale1))
            }
        }
        let operations = [block.hidden, block.contraction, block.gate].reduce(0) {
            $0 + ($1?.operations(rows: x.rows) ?? 0)
        }
        Timings.measure(.mlp, operations: operations) { mlp(block, on: x, scratch) }
    }

    /// Normalizes x as the layer after takes it, in float32 or in integers.
    private func multiply(
        _ x: MatrixView, normalizedBy norm: LayerNorm, _ layer: Linear, _ scratch: Scratch,
        single: (BlockedMatrix) -> Void, rounded: (IntegerRows) -> Void
    ) {
        if let integers = layer.integers {
            let normalized = scratch.rounded(rows: x.rows, block: integers.block, integers.precision)
            norm.forward(x, rounding: normalized)
            rounded(normalized)
        } else {
            let normalized = scratch.narrow.rows(0..<x.rows)
            norm.forward(x, into: normalized)
            single(BlockedMatrix(normalized))
        }
    }

    /// x + mlp(norm2(x)), the second half of a block, row by row.
    func mlp(_ block: Block, on x: MatrixView, _ scratch: Scratch) {
        let activation = Linear.Completion.activation(configuration.activation)
        let residual = Linear.Completion.residual(scale: block.scale2)
        let hidden = scratch.hidden(rows: x.rows)
        guard block.gate == nil && block.mlpNorm == nil else { return gatedMLP(block, on: x, hidden, scratch) }
        multiply(x, normalizedBy: block.norm2, block.hidden, scratch) {
            block.hidden.forward($0, into: hidden, then: activation)
            block.contraction.forward(hidden, into: BlockedMatrix(x), then: residual)
        } rounded: {
            if let integers = block.contraction.integers, integers.block.isMultiple(of: PackedMatrix.panel) {
                let rounded = scratch.roundedHidden(rows: x.rows, block: integers.block, integers.precision)
                block.hidden.forward($0, rounding: rounded, then: activation, scratch: scratch.lanes)
                block.contraction.forward(rounded, into: BlockedMatrix(x), then: residual)
            } else {
                block.hidden.forward($0, into: hidden, then: activation)
                block.contraction.forward(hidden, into: BlockedMatrix(x), then: residual)
            }
        }
    }

    /// The same where the hidden layer has a gate or a norm.
    private func gatedMLP(_ block: Block, on x: MatrixView, _ hidden: BlockedMatrix, _ scratch: Scratch) {
        let activation = Linear.Completion.activation(configuration.activation)
        let gate = scratch.gate(rows: x.rows)
        let completion: Linear.Completion = block.gate == nil ? activation : .bias
        multiply(x, normalizedBy: block.norm2, block.hidden, scratch) {
            block.hidden.forward($0, into: hidden, then: completion)
            block.gate?.forward($0, into: gate, then: activation)
        } rounded: {
            block.hidden.forward($0, into: hidden, then: completion)
            block.gate?.forward($0, into: gate, then: activation)
        }
        if block.gate != nil { hidden.multiply(by: gate) }
        block.mlpNorm?.forward(hidden.view(0..<hidden.columns), into: hidden.view(0..<hidden.columns))
        block.contraction.forward(hidden, into: BlockedMatrix(x), then: .residual(scale: block.scale2))
    }

    /// Runs a block for the class tokens alone; what a block does to one token depends on the others only by attention.
    /// - Parameters:
    ///   - x: the tokens of some images before the block, [N * T, C]; they are left as they are.
    ///   - classTokens: [N, C].
    func run(
        _ block: Block, on x: MatrixView, tokens: Int, _ rotation: Rotation?, into classTokens: MatrixView,
        _ scratch: Scratch
    ) {
        guard block.qkv.integers == nil, rotation == nil || x.columns % PackedMatrix.panel == 0 else {
            // What spares work here takes weights in single precision.
            let copy = Workspace.PooledBuffer(of: x.rows * x.columns)
            var arena = copy.arena
            let whole = arena.matrix(rows: x.rows, columns: x.columns)
            for r in 0..<x.rows {
                (whole.base + r * whole.stride).update(from: x.base + r * x.stride, count: x.columns)
            }
            run(block, on: whole, tokens: tokens, rotation, scratch)
            for n in 0..<classTokens.rows {
                (classTokens.base + n * classTokens.stride).update(
                    from: whole.base + n * tokens * whole.stride, count: x.columns)
            }
            return
        }
        let normalized = scratch.narrow.rows(0..<x.rows)
        block.norm1.forward(x, into: normalized)
        for n in 0..<classTokens.rows {
            (classTokens.base + n * classTokens.stride).update(
                from: x.base + n * tokens * x.stride, count: x.columns)
        }
        let attended = MatrixView(scratch.wide, rows: classTokens.rows, columns: x.columns)
        let keys = MatrixView(
            scratch.wide + Workspace.Arena.rounded(attended.rows * attended.columns),
            rows: rotation == nil ? 0 : x.rows, columns: x.columns)
        attention.classTokens(
            normalized, qkv: block.qkv, tokens: tokens, into: attended,
            scratch: keys.base + Workspace.Arena.rounded(keys.rows * keys.columns),
            rotated: rotation.map { ($0, keys) })
        block.attentionNorm?.forward(attended, into: attended)
        block.output.forward(attended, into: classTokens, then: .residual(scale: block.scale1))
        mlp(block, on: classTokens, scratch)
    }

    var attention: Attention { Attention(heads: configuration.heads, width: configuration.width) }
}
