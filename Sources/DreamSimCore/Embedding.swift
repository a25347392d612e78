/// A model's description of one image. Two of the same kind are compared by `distance(to:)`.
public struct Embedding: Sendable, Hashable {
    /// The components. Their number is the model's width.
    public let values: [Float]
    /// What made the embedding. Only embeddings with equal stamps are compared, but for their precision where that is
    /// asked for.
    public let stamp: ModelStamp

    /// Joins components with what made them.
    public init(values: [Float], stamp: ModelStamp) {
        self.values = values
        self.stamp = stamp
    }

    /// DreamSim's distance: one minus the cosine of the angle between two embeddings.
    ///
    /// From 0 (alike) to 2; natural pairs of photographs stay below 1. Held at 0 or above against rounding. A vector of
    /// zeros is at distance 1 from everything.
    /// - Throws: `DreamSimError` with `.incomparable` when the other was made with another model, other weights, or
    ///   another preprocessing, or in another precision; `.badWeights` when components overflowed, so that there is no distance.
    public func distance(to other: Embedding) throws(DreamSimError) -> Double {
        try distance(to: other, acrossPrecisions: false)
    }

    /// The same, also between embeddings of one model in different precisions where that is asked for: the distance in
    /// one precision, but for what rounding changes.
    /// - Parameter acrossPrecisions: whether the precision, and the calibration of int8, may differ.
    /// - Throws: as `distance(to:)`.
    public func distance(to other: Embedding, acrossPrecisions: Bool) throws(DreamSimError) -> Double {
        if stamp != other.stamp {
            let isSameModel =
                stamp.model == other.stamp.model && stamp.agrees(with: other.stamp, acrossPrecisions: true)
            guard acrossPrecisions, isSameModel else {
                throw DreamSimError(
                    .incomparable, "embeddings",
                    "made with \(stamp) and with \(other.stamp); embed both the same way"
                        + (isSameModel ? ", or compare across precisions" : ""))
            }
        }
        let distance = Self.cosineDistance(values, other.values)
        guard !distance.isNaN else { throw notFinite }
        return distance
    }

    /// The embedding, unless components overflowed, which they can with finite weights too.
    /// - Throws: `DreamSimError` with `.badWeights`, naming the model.
    package func finite() throws(DreamSimError) -> Embedding {
        guard values.allSatisfy(\.isFinite) else { throw notFinite }
        return self
    }

    private var notFinite: DreamSimError {
        DreamSimError(.badWeights, stamp.model, "its embedding of an image is not finite; verify the weights")
    }

    /// One minus the cosine, in double precision, within [0, 2].
    package static func cosineDistance(_ a: [Float], _ b: [Float]) -> Double {
        precondition(a.count == b.count, "vectors of \(a.count) and \(b.count) components")
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for i in a.indices {
            let (x, y) = (Double(a[i]), Double(b[i]))
            ab += x * y
            aa += x * x
            bb += y * y
        }
        // The floor is the reference's; it also makes the distance from a vector of zeros 1 and not NaN.
        return min(max(1 - ab / max((aa * bb).squareRoot(), 1e-16), 0), 2)
    }
}

/// What an embedding depends on.
public struct ModelStamp: Hashable, Sendable, Codable {
    /// The model's name in the catalog or in its description.
    public let model: String
    /// SHA-256, in hexadecimal, over the digests of all weights and the architecture; empty where there are none.
    public let weights: String
    /// What the linear layers computed with; nil for float32.
    public let precision: Precision?
    /// SHA-256, in hexadecimal, of what int8 was calibrated with; nil without a calibration.
    public let calibration: String?
    /// How images were prepared.
    public let preprocessing: Preprocessing
    /// Whether embeddings were centered and divided by their norm, as the reference's API does by default.
    public let isNormalized: Bool

    /// Gathers what an embedding depends on.
    public init(
        model: String, weights: String, precision: Precision? = nil, calibration: String? = nil,
        preprocessing: Preprocessing, isNormalized: Bool
    ) {
        self.model = model
        self.weights = weights
        self.precision = precision
        self.calibration = calibration
        self.preprocessing = preprocessing
        self.isNormalized = isNormalized
    }

    /// Whether embeddings of both can be compared, whatever the models are called: the weights tell which model it is.
    /// - Parameter acrossPrecisions: whether the precision, and the calibration of int8, may differ.
    public func agrees(with other: ModelStamp, acrossPrecisions: Bool = false) -> Bool {
        weights == other.weights && preprocessing == other.preprocessing && isNormalized == other.isNormalized
            && (acrossPrecisions || (precision == other.precision && calibration == other.calibration))
    }

    /// The first twelve digits of `weights`, and the precision and its calibration where it is not float32, for people.
    public var shortWeights: String {
        "\(weights.prefix(12))\(precision == nil ? "" : " in \(shortPrecision)")"
    }

    /// The precision and its calibration, for people.
    private var shortPrecision: String {
        (precision ?? .float32).rawValue + (calibration.map { " (calibration \($0.prefix(6)))" } ?? "")
    }

    /// What people are told where embeddings of both are compared across precisions; nil for one precision.
    /// - Parameters:
    ///   - name: what this made.
    ///   - otherName: what the other one made.
    package func precisionNote(_ name: String, beside other: ModelStamp, _ otherName: String) -> String? {
        guard (precision, calibration) != (other.precision, other.calibration) else { return nil }
        return "compared across precisions: \(name) in \(shortPrecision), \(otherName) in \(other.shortPrecision)"
    }
}

extension ModelStamp: CustomStringConvertible {
    /// Such as `ensemble (weights 1f0c…, stretch 224x224, EXIF applied, alpha over #FFFFFF, normalized)`.
    public var description: String {
        "\(model) (\(weights.isEmpty ? "" : "weights \(shortWeights), ")\(preprocessing), \(isNormalized ? "normalized" : "raw"))"
    }
}
