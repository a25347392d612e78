extension VisionTransformer {
    /// Images whose patches that are not kept are painted with the mean color, which the network sees as zero.
    /// - Parameters:
    ///   - images: [N, 3, H, W] in [0, 1].
    ///   - kept: whether each patch is kept, row by row; the same for all images.
    package func painting(_ images: Tensor, keeping kept: [Bool]) -> Tensor {
        let (height, width, side) = (images.shape[2], images.shape[3], configuration.patchSize)
        let grid = grid(height: height, width: width)
        precondition(kept.count == grid.count, "\(kept.count) patches of \(grid.count)")
        var painted = images
        painted.withUnsafeMutableBufferPointer { pixels in
            for n in 0..<images.shape[0] {
                for (patch, isKept) in kept.enumerated() where !isKept {
                    let (row, column) = patch.quotientAndRemainder(dividingBy: grid.columns)
                    for c in 0..<3 {
                        for y in (row * side)..<((row + 1) * side) {
                            let start = ((n * 3 + c) * height + y) * width + column * side
                            pixels[start..<(start + side)].update(repeating: configuration.mean[c])
                        }
                    }
                }
            }
        }
        return painted
    }

    /// Reads a feature of images with patches left out of attention, and out of the patches' mean.
    /// - Parameters:
    ///   - feature: which tokens, after which block.
    ///   - images: [N, 3, H, W] in [0, 1].
    ///   - centeringTokens: as in `features(_:of:centeringTokens:)`.
    ///   - keptPatches: for each image, whether each of its patches is kept; at least one is.
    /// - Returns: [N, width of the feature].
    package func features(
        _ feature: Feature, of images: Tensor, centeringTokens: Bool, keptPatches: [[Bool]]
    ) -> Tensor {
        guard let featureWidth = feature.width(in: configuration) else {
            preconditionFailure("no feature \(feature.name) in a network of depth \(configuration.depth)")
        }
        let tokens = attendingTokens(
            of: images, through: feature.block ?? configuration.depth - 1, keptPatches: keptPatches)
        let (perImage, width, first) = (tokens.shape[1], tokens.shape[2], configuration.prefixTokens)
        return Tensor(uninitialized: [images.shape[0], featureWidth]) { target in
            let features = MatrixView(target.baseAddress!, rows: images.shape[0], columns: featureWidth)
            tokens.withUnsafeBufferPointer { all in
                for (n, kept) in keptPatches.enumerated() {
                    let indices = Array(0..<first) + kept.indices.filter { kept[$0] }.map { first + $0 }
                    let rows = Tensor(
                        indices.flatMap { token in
                            let start = (n * perImage + token) * width
                            return Array(all[start..<(start + width)])
                        }, shape: [indices.count, width])
                    rows.withUnsafeBufferPointer { memory in
                        read(
                            feature.kind, MatrixView(reading: memory.baseAddress!, rows: indices.count, columns: width),
                            into: features.rows(n..<(n + 1)), centeringTokens: centeringTokens)
                    }
                }
            }
        }
    }
}
