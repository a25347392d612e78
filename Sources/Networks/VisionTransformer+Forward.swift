package import Tensors

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
        1 + configuration.registers + grid.count
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
            embed(images, grid, into: x)
            let scratch = Scratch(rows: count * tokens, configuration)
            for index in 0...last {
                run(blocks[index], on: x, tokens: tokens, scratch)
                visit(index, x)
            }
        }
    }

    /// The final layer norm over rows of tokens [rows, C].
    package func finalNorm(_ x: MatrixView, into y: MatrixView) {
        norm.forward(x, into: y)
    }

    private func run(_ block: Block, on x: MatrixView, tokens: Int, _ scratch: Scratch) {
        block.norm1.forward(x, into: scratch.narrow)
        block.qkv.forward(scratch.narrow, into: scratch.qkv, then: .bias)
        Attention(heads: configuration.heads, width: configuration.width)
            .forward(scratch.qkv, tokens: tokens, into: scratch.narrow)
        block.output.forward(scratch.narrow, into: scratch.branch, then: .residual(x, scale: block.scale1))
        block.norm2.forward(x, into: scratch.narrow)
        block.hidden.forward(scratch.narrow, into: scratch.hidden, then: .activation(configuration.activation))
        block.contraction.forward(scratch.hidden, into: scratch.branch, then: .residual(x, scale: block.scale2))
    }

    /// Fills x with the tokens that enter the first block.
    private func embed(_ images: Tensor, _ grid: Grid, into x: MatrixView) {
        let (count, tokens, first) = (images.shape[0], tokenCount(grid), 1 + configuration.registers)
        let patches = patches(of: images, grid)
        let position = positions.patches(rows: grid.rows, columns: grid.columns)
        // The class token has its own position; registers have none.
        let opening = zip(classToken.values, positions.classToken).map { $0 + $1 } + (registers?.values ?? [])
        patches.withUnsafeBufferPointer { patches in
            let patches = MatrixView(
                reading: patches.baseAddress!, rows: count * grid.count, columns: patchEmbedding.inputs)
            for n in 0..<count {
                let image = x.rows((n * tokens)..<((n + 1) * tokens))
                image.base.update(from: opening, count: opening.count)
                let embedded = image.rows(first..<tokens)
                patchEmbedding.forward(
                    patches.rows((n * grid.count)..<((n + 1) * grid.count)), into: embedded, then: .bias)
                position.withUnsafeBufferPointer { position in
                    for i in 0..<position.count { embedded.base[i] += position[i] }
                }
            }
        }
        preNorm?.forward(x, into: x)
    }

    /// Cuts images into patches, standardised: [N * patches, 3 * P * P], channel by channel within a patch.
    private func patches(of images: Tensor, _ grid: Grid) -> Tensor {
        let (count, height, width) = (images.shape[0], images.shape[2], images.shape[3])
        let (side, inputs) = (configuration.patchSize, patchEmbedding.inputs)
        return Tensor(uninitialized: [count * grid.count, inputs]) { target in
            images.withUnsafeBufferPointer { source in
                for n in 0..<count {
                    for c in 0..<3 {
                        let (mean, deviation) = (configuration.mean[c], configuration.standardDeviation[c])
                        let plane = (n * 3 + c) * height * width
                        for y in 0..<height {
                            let patchRow = n * grid.count + y / side * grid.columns
                            let inside = (c * side + y % side) * side
                            for column in 0..<grid.columns {
                                let from = plane + y * width + column * side
                                let to = (patchRow + column) * inputs + inside
                                for i in 0..<side {
                                    target[to + i] = (source[from + i] - mean) / deviation
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Memory for what a block computes on the way.
private final class Scratch {
    private let memory: UnsafeMutableBufferPointer<Float>
    /// [rows, C]: normalised tokens, then what attention returns.
    let narrow: MatrixView
    /// [rows, C]: what is added to the tokens.
    let branch: MatrixView
    /// [rows, 3 C].
    let qkv: MatrixView
    /// [rows, mlpWidth]; shares memory with `qkv`, which is no longer needed by then.
    let hidden: MatrixView

    init(rows: Int, _ configuration: VisionTransformerConfiguration) {
        let (width, wide) = (configuration.width, max(3 * configuration.width, configuration.mlpWidth))
        memory = .allocate(capacity: rows * (2 * width + wide))
        let base = memory.baseAddress!
        narrow = MatrixView(base, rows: rows, columns: width)
        branch = MatrixView(base + rows * width, rows: rows, columns: width)
        qkv = MatrixView(base + 2 * rows * width, rows: rows, columns: 3 * width)
        hidden = MatrixView(base + 2 * rows * width, rows: rows, columns: configuration.mlpWidth)
    }

    deinit { memory.deallocate() }
}
