/// A number for each place of an image, such as a map of differences, of attention or of saliency.
public struct ScalarField: Sendable, Hashable, Codable {
    /// The number of columns, at least 1.
    public let width: Int
    /// The number of rows, at least 1.
    public let height: Int
    /// `height * width` values, row by row from the top left.
    public let values: [Float]

    /// Makes a field from its values.
    ///
    /// - Parameters:
    ///   - width: The number of columns, at least 1.
    ///   - height: The number of rows, at least 1.
    ///   - values: Exactly `height * width` values, row-major.
    public init(width: Int, height: Int, values: [Float]) {
        precondition(width > 0 && height > 0, "a field of \(width)x\(height)")
        precondition(values.count == width * height, "\(values.count) values for \(width)x\(height)")
        self.width = width
        self.height = height
        self.values = values
    }

    /// The value at a place.
    public subscript(x: Int, y: Int) -> Float { values[y * width + x] }

    /// The largest finite value; 0 when there is none.
    public var largest: Float { values.lazy.filter(\.isFinite).max() ?? 0 }

    /// The smallest finite value; 0 when there is none.
    public var smallest: Float { values.lazy.filter(\.isFinite).min() ?? 0 }

    /// The mean, summed in double precision.
    public var mean: Double { values.reduce(0.0) { $0 + Double($1) } / Double(values.count) }

    /// Every value through a function.
    public func map(_ transform: (Float) -> Float) -> ScalarField {
        ScalarField(width: width, height: height, values: values.map(transform))
    }

    /// Reads the field and checks that it is whole.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let (width, height) = (
            try container.decode(Int.self, forKey: .width), try container.decode(Int.self, forKey: .height)
        )
        let values = try container.decode([Float].self, forKey: .values)
        guard width > 0, height > 0, width.multipliedReportingOverflow(by: height) == (values.count, false) else {
            throw DecodingError.dataCorruptedError(
                forKey: .values, in: container, debugDescription: "\(values.count) values for \(width)x\(height)")
        }
        self.init(width: width, height: height, values: values)
    }
}
