public import DreamSimNetworks

extension PerceptualModel: DifferentiableMetric {
    /// Pairs that pass the networks together, so that memory does not grow with the batch.
    private static let pairsTogether = 4

    /// Whether weights can be tuned: of transformers, joined as they are and with nothing after them.
    package var isTunable: Bool { networks.count == parts.count && !description.hasShares && head == nil }

    /// DreamSim's distances of pairs of images, and how they change with every pixel.
    ///
    /// Images of another size than the model's square are resampled to it as images are, bicubically with
    /// antialiasing, but without rounding to 8 bits, which has no useful derivative: distances differ by about 0.001 from
    /// those of `distance`. Both sides must then be stretched: a model that pads or crops takes squares only.
    ///
    /// Parts that are channel statistics and parts of fixed shares, as `lite` has them, take part.
    ///
    /// Memory: activations of eight images at a time, about 73 MB each for a ViT-B/16, and once for the model a second
    /// copy of its weights, arranged for the backward pass.
    public func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        try checkBatches(a, b)
        let resampling = try gradientResampling(of: a)
        var distances: [Double] = []
        var gradients: [(a: Tensor, b: Tensor)] = []
        for range in Self.parts(of: a) {
            let batch = resampled(Tensor(stacking: [a.images(range), b.images(range)]), resampling)
            let recording = EmbeddingRecording(self, batch)
            let rows = recording.embeddings.rows
            let pairs = range.indices.map {
                CosineDistance(rows[$0 - range.lowerBound], rows[$0 - range.lowerBound + range.count])
            }
            distances += pairs.map(\.distance)
            let gradient = gradient(recording, pairs.map(\.gradientA) + pairs.map(\.gradientB), resampling)
            gradients.append((gradient.images(0..<range.count), gradient.images(range.count..<(2 * range.count))))
        }
        return DistanceGradient(
            distances: distances, gradientA: Tensor(stacking: gradients.map(\.a)),
            gradientB: Tensor(stacking: gradients.map(\.b)))
    }

    /// The targets' embeddings are computed once.
    public func target(_ b: Tensor) throws -> any MetricTarget {
        try checkBatch(b)
        let resampling = try gradientResampling(of: b)
        let embeddings = Self.parts(of: b).flatMap { embed(batch: resampled(b.images($0), resampling)).rows }
        return EmbeddedTarget(model: self, shape: b.shape, embeddings: embeddings)
    }

    /// The images that pass the networks together.
    private static func parts(of batch: Tensor) -> [Range<Int>] {
        stride(from: 0, to: batch.shape[0], by: pairsTogether).map { $0..<min($0 + pairsTogether, batch.shape[0]) }
    }

    /// How a batch is brought to the model's square; nil where it has that size.
    private func gradientResampling(of batch: Tensor) throws(DreamSimError) -> LinearResampling? {
        let (height, width, side) = (batch.shape[2], batch.shape[3], preprocessing.side)
        guard height == width || preprocessing.fit == .stretch else {
            throw DreamSimError(
                .badSetting, card.name,
                "takes gradients of squares when it pads or crops, not of images of \(width)x\(height) pixels")
        }
        return height == side && width == side
            ? nil : LinearResampling(height: height, width: width, toHeight: side, width: side)
    }

    private func resampled(_ batch: Tensor, _ resampling: LinearResampling?) -> Tensor {
        resampling.map { $0.forward(batch) } ?? batch
    }

    private func gradient(
        _ recording: EmbeddingRecording, _ dEmbeddings: [[Double]], _ resampling: LinearResampling?
    ) -> Tensor {
        let gradient = recording.imagesGradient(dEmbeddings)
        return resampling.map { $0.backward(gradient) } ?? gradient
    }

    /// Embeddings that others are compared with.
    private struct EmbeddedTarget: MetricTarget {
        let model: PerceptualModel
        let shape: Shape
        let embeddings: [[Float]]

        func distanceAndGradient(_ a: Tensor) throws -> TargetGradient {
            try model.checkBatch(a, of: shape)
            let resampling = try model.gradientResampling(of: a)
            var distances: [Double] = []
            var gradients: [Tensor] = []
            for range in PerceptualModel.parts(of: a) {
                let recording = EmbeddingRecording(model, model.resampled(a.images(range), resampling))
                let pairs = zip(recording.embeddings.rows, embeddings[range]).map { CosineDistance($0, $1) }
                distances += pairs.map(\.distance)
                gradients.append(model.gradient(recording, pairs.map(\.gradientA), resampling))
            }
            return TargetGradient(distances: distances, gradient: Tensor(stacking: gradients))
        }
    }
}

extension Tensor {
    /// Some of the images of a batch.
    package func images(_ range: Range<Int>) -> Tensor {
        let size = count / shape[0]
        return withUnsafeBufferPointer {
            Tensor(
                $0[(range.lowerBound * size)..<(range.upperBound * size)],
                shape: Shape([range.count] + shape.dimensions.dropFirst()))
        }
    }

    /// The rows of a matrix.
    package var rows: [[Float]] {
        let (values, width) = (values, shape[1])
        return (0..<shape[0]).map { Array(values[($0 * width)..<(($0 + 1) * width)]) }
    }
}
