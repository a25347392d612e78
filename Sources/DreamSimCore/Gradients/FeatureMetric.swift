import DreamSimNetworks

/// A metric that compares what a convolutional network sees of two images, on the way forward and back.
protocol FeatureMetric: DifferentiableMetric {
    /// What is found of two images, from which the distance and its gradients follow.
    associatedtype Comparison

    var network: ConvolutionalNetwork { get }
    /// How the network sees images in [0, 1].
    var scaling: InputScaling { get }

    /// How a batch is brought to the size at which it is compared; nil where it has that size.
    func resampling(of batch: Tensor) -> LinearResampling?

    func compare(_ x: SeenImage, _ y: SeenImage) -> Comparison

    func distance(_ comparison: Comparison) -> Double

    /// Fills the gradient of what is seen of one of the images at a tap.
    func fill(
        _ gradient: MapRows, at tap: Int, of x: SeenImage, against y: SeenImage, _ comparison: Comparison, _ side: Side)

    /// What the image itself adds to its gradient, [1, 3, H, W]; nil when only what the network sees counts.
    func ownGradient(of x: SeenImage, against y: SeenImage, _ comparison: Comparison, _ side: Side) -> Tensor?
}

/// The first or the second of two images that were compared.
enum Side: Sendable {
    case first, second
}

/// One image with what a network sees of it.
struct SeenImage: Sendable {
    /// [1, 3, H, W].
    let image: Tensor
    private let recording: MapRecording
    private let index: Int

    init(_ recording: MapRecording, _ images: Tensor, _ index: Int) {
        (self.recording, self.index) = (recording, index)
        image = images.images(index..<(index + 1))
    }

    func map(_ tap: Int) -> MapRows { recording.maps(at: tap)[index] }
}

extension FeatureMetric {
    func resampling(of batch: Tensor) -> LinearResampling? { nil }

    func ownGradient(of x: SeenImage, against y: SeenImage, _ comparison: Comparison, _ side: Side) -> Tensor? { nil }

    /// Refuses to go back through rounded maps: where values are nearly zero, or the largest of a window nearly the same,
    /// the gradient would take other ways than that of the metric.
    func checkPrecision() throws(DreamSimError) {
        guard let precision = card.precision else { return }
        throw DreamSimError(
            .badSetting, "\(card.name) in \(precision.rawValue)", "gives values and no gradients; load it in float32")
    }

    /// Pair by pair, so that memory does not grow with the batch; both images of a pair pass the network together.
    func featureDistanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        try checkPrecision()
        try checkBatches(a, b)
        let resampling = resampling(of: a)
        var distances: [Double] = []
        var gradients: (a: [Tensor], b: [Tensor]) = ([], [])
        for n in 0..<a.shape[0] {
            let batch = Tensor(stacking: [a.images(n..<(n + 1)), b.images(n..<(n + 1))])
            let images = resampling.map { $0.forward(batch) } ?? batch
            let recording = MapRecording(network, of: images, scaling: scaling)
            let (x, y) = (SeenImage(recording, images, 0), SeenImage(recording, images, 1))
            let comparison = compare(x, y)
            distances.append(distance(comparison))
            var gradient = recording.backward { tap, targets in
                fill(targets[0], at: tap, of: x, against: y, comparison, .first)
                fill(targets[1], at: tap, of: y, against: x, comparison, .second)
            }
            if let own = ownGradient(of: x, against: y, comparison, .first),
                let other = ownGradient(of: y, against: x, comparison, .second)
            {
                gradient.add(Tensor(stacking: [own, other]))
            }
            gradient = resampling.map { $0.backward(gradient) } ?? gradient
            gradients.a.append(gradient.images(0..<1))
            gradients.b.append(gradient.images(1..<2))
        }
        return DistanceGradient(
            distances: distances, gradientA: Tensor(stacking: gradients.a), gradientB: Tensor(stacking: gradients.b))
    }

    /// Keeps what the network sees of each image.
    func featureTarget(_ b: Tensor) throws -> any MetricTarget {
        try checkPrecision()
        try checkBatch(b)
        let resampling = resampling(of: b)
        let seen = (0..<b.shape[0]).map { n in
            let image = b.images(n..<(n + 1))
            let images = resampling.map { $0.forward(image) } ?? image
            return SeenImage(MapRecording(network, of: images, scaling: scaling, isReversible: false), images, 0)
        }
        return SeenTarget(metric: self, shape: b.shape, resampling: resampling, images: seen)
    }
}

/// Images whose features a metric keeps.
private struct SeenTarget<Metric: FeatureMetric>: MetricTarget {
    let metric: Metric
    let shape: Shape
    let resampling: LinearResampling?
    let images: [SeenImage]

    func distanceAndGradient(_ a: Tensor) throws -> TargetGradient {
        try metric.checkBatch(a, of: shape)
        var distances: [Double] = []
        var gradients: [Tensor] = []
        for (n, target) in images.enumerated() {
            let image = a.images(n..<(n + 1))
            let moving = resampling.map { $0.forward(image) } ?? image
            let recording = MapRecording(metric.network, of: moving, scaling: metric.scaling)
            let seen = SeenImage(recording, moving, 0)
            let comparison = metric.compare(seen, target)
            distances.append(metric.distance(comparison))
            var gradient = recording.backward { tap, targets in
                metric.fill(targets[0], at: tap, of: seen, against: target, comparison, .first)
            }
            if let own = metric.ownGradient(of: seen, against: target, comparison, .first) { gradient.add(own) }
            gradients.append(resampling.map { $0.backward(gradient) } ?? gradient)
        }
        return TargetGradient(distances: distances, gradient: Tensor(stacking: gradients))
    }
}

extension Tensor {
    /// Adds another tensor of the same shape, element by element.
    mutating func add(_ other: Tensor) {
        precondition(other.shape == shape, "\(shape) and \(other.shape)")
        other.withUnsafeBufferPointer { other in
            withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] += other[i] } }
        }
    }
}
