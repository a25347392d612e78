internal import CDreamSimKernels

extension VisionTransformer {
    /// Fills x [N * T, C] with the tokens of some images that enter the first block.
    func embed(_ images: Tensor, _ range: Range<Int>, _ grid: Grid, into x: MatrixView, _ scratch: Scratch) {
        join(images, range, grid, into: x, scratch)
        preNorm?.forward(x, into: x)
    }

    /// Fills x [N * T, C] with class token, registers and embedded patches at their positions.
    func join(_ images: Tensor, _ range: Range<Int>, _ grid: Grid, into x: MatrixView, _ scratch: Scratch) {
        let (tokens, first) = (tokenCount(grid), configuration.prefixTokens)
        let patches = MatrixView(scratch.wide, rows: range.count * grid.count, columns: patchEmbedding.inputs)
        gather(images, range, grid, into: patches)
        let position = positions?.patches(rows: grid.rows, columns: grid.columns)
        var opening = (classToken?.values ?? []) + (registers?.values ?? [])
        for (index, value) in (positions?.prefix ?? []).enumerated() { opening[index] += value }
        for n in 0..<range.count {
            let image = x.rows((n * tokens)..<((n + 1) * tokens))
            let embedded = image.rows(first..<tokens)
            image.base.update(from: opening, count: opening.count)
            position?.withUnsafeBufferPointer { embedded.base.update(from: $0.baseAddress!, count: $0.count) }
            patchEmbedding.forward(
                patches.rows((n * grid.count)..<((n + 1) * grid.count)), into: embedded,
                then: position == nil ? .bias : .residual(scale: nil))
        }
    }

    /// Cuts images into patches, standardized: [N * patches, 3 * P * P], channel by channel within a patch.
    func gather(_ images: Tensor, _ range: Range<Int>, _ grid: Grid, into patches: MatrixView) {
        let (height, width, side) = (images.shape[2], images.shape[3], configuration.patchSize)
        let (mean, deviation) = (configuration.mean, configuration.standardDeviation)
        images.withUnsafeBufferPointer { source in
            let source = MatrixView(reading: source.baseAddress!, rows: images.shape[0] * 3 * height, columns: width)
            Parallel.forEach(range.count * grid.rows) { index in
                let (n, row) = index.quotientAndRemainder(dividingBy: grid.rows)
                for c in 0..<3 {
                    for y in 0..<side {
                        let from = source.base + (((range.lowerBound + n) * 3 + c) * height + row * side + y) * width
                        let to =
                            patches.base + (n * grid.count + row * grid.columns) * patches.columns
                            + (c * side + y) * side
                        for column in 0..<grid.columns {
                            dsv_standardize(
                                from + column * side, side, mean[c], deviation[c], to + column * patches.columns)
                        }
                    }
                }
            }
        }
    }
}
