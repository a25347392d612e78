public import Tensors

extension VisionTransformer {
    /// Reads a feature of images.
    ///
    /// - Parameters:
    ///   - feature: which tokens, after which block.
    ///   - images: [N, 3, H, W] in [0, 1]; the patch size divides H and W.
    ///   - centringTokens: for `cls_patch`, whether every token is reduced by its own mean and divided by its norm
    ///     before the patches are averaged, as the reference does when embeddings are normalised.
    /// - Returns: [N, width of the feature].
    /// - Precondition: the network has the feature (`Feature.width(in:)` is not nil).
    public func features(_ feature: Feature, of images: Tensor, centringTokens: Bool) -> Tensor {
        guard let featureWidth = feature.width(in: configuration) else {
            preconditionFailure("no feature \(feature.name) in a network of depth \(configuration.depth)")
        }
        let tokens = tokens(of: images, through: feature.block ?? configuration.depth - 1)
        let (count, perImage, width) = (tokens.shape[0], tokens.shape[1], tokens.shape[2])
        return tokens.withUnsafeBufferPointer { tokens in
            Tensor(uninitialized: [count, featureWidth]) { target in
                for n in 0..<count {
                    let image = MatrixView(
                        reading: tokens.baseAddress! + n * perImage * width, rows: perImage, columns: width)
                    let row = MatrixView(target.baseAddress! + n * featureWidth, rows: 1, columns: featureWidth)
                    read(feature.kind, image, into: row, centringTokens: centringTokens)
                }
            }
        }
    }

    private func read(_ kind: Feature.Kind, _ image: MatrixView, into row: MatrixView, centringTokens: Bool) {
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
                    let matrix = MatrixView(
                        reading: projection.baseAddress!, rows: image.columns, columns: row.columns)
                    multiply(normalized, .none, matrix, .none, into: row)
                }
            }
        case .clsPatch:
            let patches = image.rows((1 + configuration.registers)..<image.rows)
            pool(classToken, into: row.columns(0..<image.columns), centring: centringTokens)
            pool(patches, into: row.columns(image.columns..<row.columns), centring: centringTokens)
        }
    }

    /// The mean of rows, each centred and divided by its norm first when asked. Sums in double precision: there may be
    /// hundreds of rows, and it costs nothing.
    private func pool(_ rows: MatrixView, into result: MatrixView, centring: Bool) {
        var sums = [Double](repeating: 0, count: rows.columns)
        for r in 0..<rows.rows {
            let row = UnsafeBufferPointer(start: rows.base + r * rows.stride, count: rows.columns)
            guard centring else {
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
