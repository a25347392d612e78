/// A weighted sum of differentiable metrics, to be made small.
///
/// ```swift
/// let target = try await Loss("lpips-vgg + 0.5*dists").target(photo)   // the target's features are computed once
/// var (image, adam) = (Tensor(sketch), Adam(learningRate: 0.02))
/// for _ in 0..<200 {
///     let (loss, gradient) = try target.valueAndGradient(image)
///     adam.step(&image, gradient)
/// }
/// ```
///
/// Lower is always more alike, see `DifferentiableMetric`: a term of SSIM is 1 - SSIM, one of PSNR its negative.
public struct Loss: Sendable {
    /// A metric and how much it counts.
    public struct Term: Sendable {
        /// What the metric is multiplied with: positive and finite.
        public let weight: Double
        /// The metric.
        public let metric: any DifferentiableMetric

        /// Joins a metric with its weight.
        public init(_ metric: any DifferentiableMetric, weight: Double = 1) {
            precondition(weight > 0 && weight.isFinite, "a weight of \(weight)")
            self.weight = weight
            self.metric = metric
        }
    }

    /// The terms of the sum.
    public let terms: [Term]

    /// Sums up terms, at least one.
    public init(_ terms: [Term]) {
        precondition(!terms.isEmpty, "a loss without terms")
        self.terms = terms
    }

    /// The sum as `LossExpression` writes it, such as `lpips-vgg + 0.5*dists`.
    public var name: String {
        LossExpression(terms.map { LossExpression.Term(weight: $0.weight, metric: $0.metric.card.name) }).description
    }

    /// Loads the metrics of an expression.
    /// - Parameters:
    ///   - text: names of metrics or models, each perhaps with a weight, joined by `+`: see `LossExpression`.
    ///   - options: folders and settings; the environment's when nil.
    ///   - report: called with progress and notes, from any thread.
    /// - Throws: `DreamSimError` with `.badSetting` when the expression cannot be read or names a metric that has no
    ///   gradient; otherwise as `MetricCatalog.load`.
    public init(
        _ text: String, options: PerceptualModel.LoadingOptions? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws {
        var terms: [Term] = []
        for term in try LossExpression(parsing: text).terms {
            let metric = try await MetricCatalog.load(term.metric, options: options, report: report)
            terms.append(Term(try Self.differentiable(metric), weight: term.weight))
        }
        self.init(terms)
    }

    /// A metric as one whose gradient can be had.
    /// - Throws: `DreamSimError` with `.badSetting` when it has none, or none in its precision.
    package static func differentiable(_ metric: any PerceptualMetric) throws(DreamSimError)
        -> any DifferentiableMetric
    {
        guard let found = metric as? any DifferentiableMetric else {
            throw DreamSimError(
                .badSetting, metric.card.name,
                "has no gradient, so that it cannot be a loss; choose a metric with a gradient")
        }
        try (found as? any FeatureMetric)?.checkPrecision()
        return found
    }

    /// Images to be brought closer to, with all that depends on them alone.
    public struct Target: Sendable {
        private let terms: [(weight: Double, target: any MetricTarget)]

        fileprivate init(_ terms: [(weight: Double, target: any MetricTarget)]) { self.terms = terms }

        /// The loss of images and how it changes with every pixel.
        /// - Parameter images: [N, 3, H, W], of the target's shape.
        /// - Throws: as `DifferentiableMetric.distanceAndGradient`.
        public func distanceAndGradient(_ images: Tensor) throws -> Step {
            var (values, distances) = ([Double](repeating: 0, count: images.shape[0]), [[Double]]())
            var gradient: Tensor?
            for (weight, target) in terms {
                let part = try target.distanceAndGradient(images)
                distances.append(part.distances)
                for n in values.indices { values[n] += weight * part.distances[n] }
                gradient = Loss.sum(gradient, part.gradient, weight: Float(weight))
            }
            guard let gradient else { preconditionFailure("a loss without terms") }
            return Step(distances: values, terms: distances, gradient: gradient)
        }

        /// The loss of one image, and how it changes with every pixel.
        /// - Parameter image: [1, 3, H, W], of the target's shape.
        /// - Throws: as `DifferentiableMetric.distanceAndGradient`.
        public func valueAndGradient(_ image: Tensor) throws -> (value: Double, gradient: Tensor) {
            let step = try distanceAndGradient(image)
            return (step.distances.reduce(0, +), step.gradient)
        }
    }

    /// A loss at some images.
    public struct Step: Sendable {
        /// The weighted sum, one an image.
        public let distances: [Double]
        /// The metrics by themselves, without their weights: for each term one an image.
        public let terms: [[Double]]
        /// How the loss of image n changes with every one of its values; of the images' shape.
        public let gradient: Tensor
    }

    /// Prepares an image to be brought closer to.
    /// - Throws: as `DifferentiableMetric.distanceAndGradient`.
    public func target(_ image: Image) throws -> Target { try target(Tensor(image)) }

    /// Prepares images to be brought closer to.
    /// - Parameter images: [N, 3, H, W], red, green and blue in [0, 1].
    /// - Throws: as `DifferentiableMetric.distanceAndGradient`.
    public func target(_ images: Tensor) throws -> Target {
        Target(try terms.map { ($0.weight, try $0.metric.target(images)) })
    }

    /// The loss of pairs of images, and how each changes with every pixel of both.
    /// - Throws: as `DifferentiableMetric.distanceAndGradient`.
    public func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        let parts = try terms.map { ($0.weight, try $0.metric.distanceAndGradient(a, b)) }
        var distances = parts[0].1.distances.map { _ in 0.0 }
        var gradients: (a: Tensor?, b: Tensor?) = (nil, nil)
        for (weight, part) in parts {
            for n in distances.indices { distances[n] += weight * part.distances[n] }
            gradients.a = Self.sum(gradients.a, part.gradientA, weight: Float(weight))
            gradients.b = Self.sum(gradients.b, part.gradientB, weight: Float(weight))
        }
        guard let gradientA = gradients.a, let gradientB = gradients.b else {
            preconditionFailure("a loss without terms")
        }
        return DistanceGradient(distances: distances, gradientA: gradientA, gradientB: gradientB)
    }

    private static func sum(_ sum: Tensor?, _ part: Tensor, weight: Float) -> Tensor {
        var result = sum ?? Tensor(zeros: part.shape)
        part.withUnsafeBufferPointer { part in
            result.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] += weight * part[i] } }
        }
        return result
    }
}
