public import DreamSimWeights

/// What is known of a model without loading it.
public struct ModelListing: Sendable, Encodable {
    /// The name by which it is chosen.
    public let name: String
    /// What it is, in a line.
    public let summary: String
    /// The number of components of an embedding.
    public let width: Int
    /// Published agreement with people on the validation split of NIGHTS, in per cent; nil when there is none.
    public let nightsValidation: Double?
    /// The same on the test split.
    public let nightsTest: Double?
    /// The license of the weights, as their publishers state it.
    public let license: String
    /// How near it is to being used.
    public let state: Readiness

    /// Whether it can be used without the network.
    public var isReady: Bool { state != .missing }

    /// Lists a model.
    public init(_ model: ModelDescription, _ state: Readiness) {
        (name, summary, width, license) = (model.name, model.summary, model.width, model.license)
        (nightsValidation, nightsTest) = (model.agreement?.validation, model.agreement?.test)
        self.state = state
    }
}

extension Catalog {
    /// Every model of the catalog, and whether it can be used without the network.
    public static func listing(in store: ModelStore) -> [ModelListing] {
        all.map { ModelListing($0, Readiness(isHere: $0.isReady(in: store))) }
    }
}
