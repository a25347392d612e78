internal import CDreamSimKernels

extension VisionTransformer {
    /// Reads a feature of images.
    ///
    /// - Parameters:
    ///   - feature: which tokens, after which block.
    ///   - images: [N, 3, H, W] in [0, 1]; the patch size divides H and W.
    ///   - centeringTokens: for `cls_patch`, whether every token is reduced by its own mean and divided by its norm
    ///     before the patches are averaged, as the reference does when embeddings are normalized.
    /// - Returns: [N, width of the feature].
    /// - Precondition: the network has the feature (`Feature.width(in:)` is not nil).
    package func features(_ feature: Feature, of images: Tensor, centeringTokens: Bool) -> Tensor {
        guard let featureWidth = feature.width(in: configuration) else {
            preconditionFailure("no feature \(feature.name) in a network of depth \(configuration.depth)")
        }
        precondition(images.shape.rank == 4 && images.shape[1] == 3, "images of shape \(images.shape)")
        let grid = grid(height: images.shape[2], width: images.shape[3])
        let (count, tokens, width) = (images.shape[0], tokenCount(grid), configuration.width)
        let most = min(count, Self.imagesTogether)
        return Tensor(uninitialized: [count, featureWidth]) { target in
            let features = MatrixView(target.baseAddress!, rows: count, columns: featureWidth)
            Scratch.with(images: most, tokens: tokens, configuration, extra: most * (tokens + 1) * width + 16) {
                scratch, arena in
                let x = arena.matrix(rows: most * tokens, columns: width)
                let classTokens = arena.matrix(rows: most, columns: width)
                for first in stride(from: 0, to: count, by: most) {
                    let range = first..<min(first + most, count)
                    read(
                        feature, of: images, range, grid, x.rows(0..<(range.count * tokens)), classTokens,
                        scratch, into: features.rows(range), centeringTokens: centeringTokens)
                }
            }
        }
    }

    /// Reads a feature of some of the images; x and `classTokens` are memory for their tokens.
    private func read(
        _ feature: Feature, of images: Tensor, _ range: Range<Int>, _ grid: Grid, _ x: MatrixView,
        _ classTokens: MatrixView, _ scratch: Scratch, into features: MatrixView, centeringTokens: Bool
    ) {
        let (tokens, last) = (tokenCount(grid), feature.block ?? configuration.depth - 1)
        let patches = patchEmbedding.operations(rows: range.count * grid.count)
        Timings.measure(.patchEmbedding, operations: patches) { embed(images, range, grid, into: x, scratch) }
        let rotation = rotation(of: grid)
        for index in 0..<last { run(blocks[index], on: x, tokens: tokens, rotation, scratch) }
        var (rows, perImage) = (x, tokens)
        if feature.readsAllTokens(in: configuration) {
            run(blocks[last], on: x, tokens: tokens, rotation, scratch)
        } else {
            // Only the class token is wanted of the last block.
            (rows, perImage) = (classTokens.rows(0..<range.count), 1)
            Timings.measure(.classToken) { run(blocks[last], on: x, tokens: tokens, rotation, into: rows, scratch) }
        }
        for n in 0..<range.count {
            read(
                feature.kind, rows.rows((n * perImage)..<((n + 1) * perImage)), into: features.rows(n..<(n + 1)),
                centeringTokens: centeringTokens)
        }
    }

    /// Reads a feature from the tokens of an image: all of them, or the class token alone where that suffices.
    func read(_ kind: Feature.Kind, _ image: MatrixView, into row: MatrixView, centeringTokens: Bool) {
        let classToken = image.rows(0..<1)
        switch kind {
        case .cls:
            row.base.update(from: classToken.base, count: image.columns)
        case .lastLayer:
            finalNorm(classToken, into: row)
        case .embedding:
            guard let projection else { preconditionFailure("no projection") }
            projection.withUnsafeBufferPointer { projection in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: image.columns) { memory in
                    let normalized = MatrixView(memory.baseAddress!, rows: 1, columns: image.columns)
                    finalNorm(classToken, into: normalized)
                    // Not by a library's product, whose sums depend on the processor.
                    dsv_weighted_rows(
                        projection.baseAddress!, row.columns, normalized.base, image.columns, row.columns, row.base)
                }
            }
        case .clsPatch:
            pool(classToken, into: row.columns(0..<image.columns), centering: centeringTokens)
            pool(patches(image), into: row.columns(image.columns..<row.columns), centering: centeringTokens)
        case .patchMean:
            withNormalized(patches(image)) { pool($0, into: row, centering: false) }
        case .pooled:
            switch configuration.pooling {
            case .classToken: finalNorm(classToken, into: row)
            case .mean(normalizesFirst: true):
                withNormalized(patches(image)) { pool($0, into: row, centering: false) }
            case .mean(normalizesFirst: false):
                pool(patches(image), into: row, centering: false)
                finalNorm(row, into: row)
            case .attention:
                guard let pool else { preconditionFailure("no attention pool") }
                withNormalized(image) { pool.forward($0, into: row) }
            }
        }
    }

    /// The patches' tokens of all those of an image.
    func patches(_ image: MatrixView) -> MatrixView { image.rows(configuration.prefixTokens..<image.rows) }

    /// Calls a closure with tokens after the final layer norm.
    func withNormalized(_ tokens: MatrixView, _ body: (MatrixView) -> Void) {
        Workspace.withArena(of: Workspace.Arena.rounded(tokens.rows * tokens.columns)) { arena in
            let normalized = arena.matrix(rows: tokens.rows, columns: tokens.columns)
            finalNorm(tokens, into: normalized)
            body(normalized)
        }
    }

    /// The mean of rows, each centered and divided by its norm first when asked. Sums in double precision: there may be
    /// hundreds of rows, and it costs nothing.
    func pool(_ rows: MatrixView, into result: MatrixView, centering: Bool) {
        var sums = [Double](repeating: 0, count: rows.columns)
        for r in 0..<rows.rows {
            let row = UnsafeBufferPointer(start: rows.base + r * rows.stride, count: rows.columns)
            guard centering else {
                for i in row.indices { sums[i] += Double(row[i]) }
                continue
            }
            let mean = row.reduce(0.0) { $0 + Double($1) } / Double(row.count)
            let norm = row.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }.squareRoot()
            guard norm > 0 else { continue }
            for i in row.indices { sums[i] += (Double(row[i]) - mean) / norm }
        }
        for i in sums.indices { result.base[i] = Float(sums[i] / Double(rows.rows)) }
    }
}
