/// What a metric is, and how its numbers are read.
public struct MetricCard: Sendable, Hashable, Encodable {
    /// The name by which it is chosen, such as `lpips-alex` or `ssim:skimage`.
    public let name: String
    /// What it is, in a line.
    public let summary: String
    /// Which way its numbers go.
    public let direction: Direction
    /// The lowest possible value; may be -infinity.
    public let lowest: Double
    /// The highest possible value; may be infinity.
    public let highest: Double
    /// The size at which images are compared.
    public let size: Size
    /// SHA-256, in hexadecimal, over the learned weights; nil for metrics without any.
    public let weights: String?
    /// What linear layers and convolutions compute with; nil for float32.
    public let precision: Precision?

    /// The size at which a metric compares images.
    public enum Size: Sendable, Hashable, Encodable {
        /// As they are. Both must have the same size, and each side at least `minimum` pixels.
        case full(minimum: Int)
        /// Brought to a square first.
        case square(Int)

        private enum Keys: String, CodingKey {
            case minimum
            case square
        }

        /// Writes `{"minimum": 11}` or `{"square": 224}`.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            switch self {
            case .full(let minimum): try container.encode(minimum, forKey: .minimum)
            case .square(let side): try container.encode(side, forKey: .square)
            }
        }
    }

    /// Describes a metric.
    public init(
        name: String, summary: String, direction: Direction, lowest: Double, highest: Double, size: Size,
        weights: String? = nil, precision: Precision? = nil
    ) {
        (self.name, self.summary, self.direction, self.lowest) = (name, summary, direction, lowest)
        (self.highest, self.size, self.weights) = (highest, size, weights)
        self.precision = precision == .float32 ? nil : precision
    }

    /// The value of identical images: 0 for distances, 1 for SSIM, infinity for PSNR.
    public var identical: Double { direction == .lowerIsMoreAlike ? lowest : highest }
}
