/// A metric that can say where two images differ.
public protocol SpatialMetric: PerceptualMetric {
    /// How much each place contributes to the difference of two images, on the grid that the metric itself works on.
    /// - Throws: as `PerceptualMetric.values(from:to:)`.
    func map(_ a: Image, _ b: Image) throws -> DifferenceMap
}

/// How much two images differ at each place: higher is more different, whatever the metric's own direction.
public struct DifferenceMap: Sendable, Hashable {
    /// The number of columns.
    public let width: Int
    /// The number of rows.
    public let height: Int
    /// `height * width` values, row by row from the top left.
    public let values: [Float]
    /// The columns or rows at each border of the images' grid for which there is no value, as where a window of 11 pixels
    /// must fit; 0 for maps that cover everything.
    public let margin: Int

    /// Makes a map from its values.
    public init(width: Int, height: Int, values: [Float], margin: Int = 0) {
        precondition(values.count == width * height && width > 0, "\(values.count) values for \(width)x\(height)")
        self.width = width
        self.height = height
        self.values = values
        self.margin = margin
    }
}
