/// Images that others are to be brought closer to, as a metric has prepared them.
public protocol MetricTarget: Sendable {
    /// The distances of images from the target, and how each changes with every pixel.
    /// - Parameter a: of the shape of the target's batch, see `DifferentiableMetric.distanceAndGradient`.
    /// - Throws: as `DifferentiableMetric.distanceAndGradient`.
    func distanceAndGradient(_ a: Tensor) throws -> TargetGradient
}

/// Distances of images from a target, and their gradients.
public struct TargetGradient: Sendable {
    /// One an image.
    public let distances: [Double]
    /// How the distance of image n changes with every one of its values; of the images' shape.
    public let gradient: Tensor

    /// Joins distances with their gradients.
    public init(distances: [Double], gradient: Tensor) {
        self.distances = distances
        self.gradient = gradient
    }
}
