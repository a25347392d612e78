/// The backward passes of both ends of a network: what is read of it, and what enters it.
extension Recording {
    /// The gradient of the tokens after the last block.
    /// - Parameters:
    ///   - dFeatures: [N, width of the feature].
    ///   - dOutput: as many rows as `output`.
    ///   - sums: where the gradients of weights are added; nil when they are not wanted.
    func readBackward(
        _ dFeatures: Tensor, through weights: BackwardWeights, into dOutput: MatrixView, _ sums: WeightGradients?
    ) {
        dOutput.base.update(repeating: 0, count: dOutput.rows * dOutput.columns)
        let perImage = readsAllTokens ? tokens : 1
        dFeatures.withUnsafeBufferPointer { dFeatures in
            let width = dFeatures.count / count
            for n in 0..<count {
                let rows = (n * perImage)..<((n + 1) * perImage)
                readBackward(
                    MatrixView(reading: dFeatures.baseAddress! + n * width, rows: 1, columns: width),
                    output.rows(rows), through: weights, into: dOutput.rows(rows), sums)
            }
        }
    }

    private func readBackward(
        _ gradient: MatrixView, _ image: MatrixView, through weights: BackwardWeights, into dImage: MatrixView,
        _ sums: WeightGradients?
    ) {
        let (classToken, dClassToken) = (image.rows(0..<1), dImage.rows(0..<1))
        switch feature.kind {
        case .cls:
            dClassToken.base.update(from: gradient.base, count: gradient.columns)
        case .lastLayer:
            finalNormBackward(classToken, dOutput: gradient, into: dClassToken, sums)
        case .embedding:
            projectionBackward(gradient, classToken, into: dClassToken, sums)
        case .clsPatch:
            poolBackward(
                gradient.columns(0..<image.columns), classToken, centering: centeringTokens, into: dClassToken)
            poolBackward(
                gradient.columns(image.columns..<gradient.columns), network.patches(image), centering: centeringTokens,
                into: network.patches(dImage))
        case .patchMean:
            normalizedMeanBackward(gradient, network.patches(image), into: network.patches(dImage), sums)
        case .pooled:
            switch network.configuration.pooling {
            case .classToken: finalNormBackward(classToken, dOutput: gradient, into: dClassToken, sums)
            case .mean(normalizesFirst: true):
                normalizedMeanBackward(gradient, network.patches(image), into: network.patches(dImage), sums)
            case .mean(normalizesFirst: false):
                meanNormalizedBackward(gradient, network.patches(image), into: network.patches(dImage), sums)
            case .attention:
                guard let pool = network.pool, let back = weights.pool else { preconditionFailure("no attention pool") }
                network.withNormalized(image) {
                    pool.backward($0, dResult: gradient, through: back, into: dImage, sums)
                }
                finalNormBackward(image, dOutput: dImage, into: dImage, sums)
            }
        }
    }

    /// Of the mean of normalized rows.
    private func normalizedMeanBackward(
        _ gradient: MatrixView, _ rows: MatrixView, into dRows: MatrixView, _ sums: WeightGradients?
    ) {
        poolBackward(gradient, rows, centering: false, into: dRows)
        finalNormBackward(rows, dOutput: dRows, into: dRows, sums)
    }

    /// Of the normalized mean of rows.
    private func meanNormalizedBackward(
        _ gradient: MatrixView, _ rows: MatrixView, into dRows: MatrixView, _ sums: WeightGradients?
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * rows.columns) { memory in
            let mean = MatrixView(memory.baseAddress!, rows: 1, columns: rows.columns)
            let dMean = MatrixView(memory.baseAddress! + rows.columns, rows: 1, columns: rows.columns)
            network.pool(rows, into: mean, centering: false)
            finalNormBackward(mean, dOutput: gradient, into: dMean, sums)
            poolBackward(dMean, rows, centering: false, into: dRows)
        }
    }

    private func finalNormBackward(
        _ x: MatrixView, dOutput: MatrixView, into dInput: MatrixView, _ sums: WeightGradients?
    ) {
        normBackward(
            network.norm, named: "norm", x, dOutput: dOutput, into: dInput, adds: false, sums == nil ? [] : .weights,
            sums ?? WeightGradients())
    }

    private func projectionBackward(
        _ gradient: MatrixView, _ x: MatrixView, into dInput: MatrixView, _ sums: WeightGradients?
    ) {
        guard let projection = network.projection else { preconditionFailure("no projection") }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: x.columns) { memory in
            let row = MatrixView(memory.baseAddress!, rows: 1, columns: x.columns)
            if let sums {
                network.finalNorm(x, into: row)
                sums.add(to: "proj", projection.shape) {
                    multiply(row, .transposed, gradient, .none, into: $0, keep: 1)
                }
            }
            projection.withUnsafeBufferPointer { projection in
                let matrix = MatrixView(
                    reading: projection.baseAddress!, rows: x.columns, columns: gradient.columns)
                multiply(gradient, .none, matrix, .transposed, into: row)
            }
            finalNormBackward(x, dOutput: row, into: dInput, sums)
        }
    }

    /// The mean of rows, each centered and divided by its norm first where that is so. A constant row has no direction, and
    /// its gradient is zero.
    private func poolBackward(
        _ gradient: MatrixView, _ rows: MatrixView, centering: Bool, into dRows: MatrixView
    ) {
        let dMean = UnsafeBufferPointer(start: gradient.base, count: gradient.columns)
            .map { Double($0) / Double(rows.rows) }
        for r in 0..<rows.rows {
            let row = UnsafeBufferPointer(start: rows.base + r * rows.stride, count: rows.columns)
            let target = dRows.base + r * dRows.stride
            let result = centering ? UnitVector.backward(dMean, at: row) : dMean
            for i in result.indices { target[i] = Float(result[i]) }
        }
    }

    /// From the gradient of the tokens that enter the first block, in `memory.tokens`.
    /// - Returns: that of the images when it is wanted.
    func embedBackward(
        _ memory: Memory, through weights: BackwardWeights, _ wanted: Wanted, _ sums: WeightGradients
    ) -> Tensor? {
        guard !wanted.isDisjoint(with: [.images, .weights]) else { return nil }
        if let preNorm = network.preNorm, let joined {
            normBackward(
                preNorm, named: "pos_drop", joined, dOutput: memory.tokens, into: memory.tokens, adds: false, wanted,
                sums)
        }
        if wanted.contains(.weights) { joinBackward(memory, sums) }
        return wanted.contains(.images) ? patchesBackward(memory, through: weights) : nil
    }

    /// The gradients of class token, registers, positions and patch embedding.
    private func joinBackward(_ memory: Memory, _ sums: WeightGradients) {
        let (configuration, width) = (network.configuration, network.configuration.width)
        let first = configuration.prefixTokens
        var positions = [Float](repeating: 0, count: grid.count * width)
        let patches = MatrixView(
            memory.scratch.wide, rows: count * grid.count, columns: network.patchEmbedding.inputs)
        network.gather(images, 0..<count, grid, into: patches)
        let side = configuration.patchSize
        let table = network.positions.map { Shape([1, $0.tableRows, width]) }
        for n in 0..<count {
            let image = memory.tokens.rows((n * tokens)..<((n + 1) * tokens))
            func addRow(_ index: Int, to sum: MatrixView, _ target: Int = 0) {
                for i in 0..<width { sum.base[target * width + i] += image.base[index * width + i] }
            }
            if configuration.hasClassToken { sums.add(to: "cls_token", [1, 1, width]) { addRow(0, to: $0) } }
            if configuration.registers > 0 {
                sums.add(to: "register_tokens", [1, configuration.registers, width]) {
                    for r in 0..<configuration.registers { addRow(first - configuration.registers + r, to: $0, r) }
                }
            }
            if let table {
                sums.add(to: "pos_embed", table) {
                    for row in 0..<configuration.prefixPositions { addRow(row, to: $0, row) }
                }
            }
            for i in positions.indices { positions[i] += image.base[first * width + i] }
            sums.add(
                network.patchEmbedding, named: "patch_embed.proj", stored: [width, 3, side, side],
                input: BlockedMatrix(patches.rows((n * grid.count)..<((n + 1) * grid.count))),
                dOutput: BlockedMatrix(image.rows(first..<tokens)))
        }
        guard let table, let embedding = network.positions else { return }
        let dPatches = embedding.patchesBackward(
            Tensor(positions, shape: [grid.count, width]), rows: grid.rows, columns: grid.columns)
        sums.add(to: "pos_embed", table) { sum in
            dPatches.withUnsafeBufferPointer { gradient in
                let start = sum.base + embedding.prefix.count
                for i in gradient.indices { start[i] += gradient[i] }
            }
        }
    }

    /// The gradient of the images: patches do not overlap, so that every pixel has one.
    private func patchesBackward(_ memory: Memory, through weights: BackwardWeights) -> Tensor {
        let first = network.configuration.prefixTokens
        let (height, width, side) = (images.shape[2], images.shape[3], network.configuration.patchSize)
        let deviation = network.configuration.standardDeviation
        let patches = MatrixView(
            memory.scratch.wide, rows: count * grid.count, columns: network.patchEmbedding.inputs)
        for n in 0..<count {
            weights.patchEmbedding.forward(
                memory.tokens.rows((n * tokens + first)..<((n + 1) * tokens)),
                into: patches.rows((n * grid.count)..<((n + 1) * grid.count)), then: .bias)
        }
        let (count, grid) = (count, grid)
        return Tensor(uninitialized: images.shape) { target in
            let target = MatrixView(target.baseAddress!, rows: count * 3 * height, columns: width)
            Parallel.forEach(count * 3 * height) { line in
                let (plane, y) = line.quotientAndRemainder(dividingBy: height)
                let (n, c) = plane.quotientAndRemainder(dividingBy: 3)
                for x in 0..<width {
                    let patch = n * grid.count + y / side * grid.columns + x / side
                    let place = (c * side + y % side) * side + x % side
                    target.base[line * width + x] = patches.base[patch * patches.columns + place] / deviation[c]
                }
            }
        }
    }
}
