import Imaging
import Networks
public import Tensors

extension PerceptualModel: DifferentiableMetric {
    /// Pairs that pass the networks together, so that memory does not grow with the batch.
    private static let pairsTogether = 4

    /// Whether gradients can be had: of transformers, joined as they are.
    package var isDifferentiable: Bool { networks.count == parts.count && !description.hasShares }

    /// DreamSim's distances of pairs of images, and how they change with every pixel.
    ///
    /// Images of another size than the model's square are resampled to it as pictures are, bicubically with
    /// antialiasing, but without rounding to 8 bits, which has no useful derivative: distances differ by about 0.001 from
    /// those of `distance`. Both sides must then be stretched: a model that pads or crops takes squares only.
    ///
    /// Memory: activations of eight images at a time, about 73 MB each for a ViT-B/16, and once for the model a second
    /// copy of its weights, arranged for the way back.
    public func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        try checkBatches(a, b)
        guard isDifferentiable else {
            throw DreamSimError(
                .badSetting, card.name,
                "has parts that are not transformers, or parts of fixed shares, whose gradients are not computed yet")
        }
        let (height, width, side) = (a.shape[2], a.shape[3], preprocessing.side)
        guard height == width || preprocessing.fit == .stretch else {
            throw DreamSimError(
                .badSetting, card.name,
                "takes gradients of squares when it pads or crops, not of images of \(width)x\(height) pixels")
        }
        let resampling =
            height == side && width == side
            ? nil : LinearResampling(height: height, width: width, toHeight: side, width: side)
        var distances: [Double] = []
        var gradients: [(a: Tensor, b: Tensor)] = []
        for first in stride(from: 0, to: a.shape[0], by: Self.pairsTogether) {
            let range = first..<min(first + Self.pairsTogether, a.shape[0])
            var batch = Tensor(stacking: [a.images(range), b.images(range)])
            if let resampling { batch = resampling.forward(batch) }
            let recording = EmbeddingRecording(self, batch)
            let rows = recording.embeddings.rows
            let pairs = range.indices.map { CosineDistance(rows[$0 - first], rows[$0 - first + range.count]) }
            distances += pairs.map(\.distance)
            let gradient = recording.backward(
                pairs.map(\.gradientA) + pairs.map(\.gradientB), wanting: .images,
                into: networks.map { _ in WeightGradients() })
            guard var gradient else { preconditionFailure("no gradient of the images") }
            if let resampling { gradient = resampling.backward(gradient) }
            gradients.append((gradient.images(0..<range.count), gradient.images(range.count..<(2 * range.count))))
        }
        return DistanceGradient(
            distances: distances, gradientA: Tensor(stacking: gradients.map(\.a)),
            gradientB: Tensor(stacking: gradients.map(\.b)))
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
