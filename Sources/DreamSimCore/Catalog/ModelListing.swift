/// What is known of a model without loading it.
package struct ModelListing: Sendable, Encodable {
    /// The name by which it is chosen.
    package let name: String
    /// What it is, in a line.
    package let summary: String
    /// The number of components of an embedding.
    package let width: Int
    /// Published agreement with people on the validation split of NIGHTS, in per cent; nil when there is none.
    package let nightsValidation: Double?
    /// The same on the test split.
    package let nightsTest: Double?
    /// The license of the weights, as their publishers state it.
    package let license: String
    /// What it computes with when it is loaded; nil for float32, as in stamps.
    package let precision: Precision?
    /// How near it is to being used.
    package let state: Readiness

    /// Whether it can be used without the network.
    package var isReady: Bool { state != .missing }

    /// Lists a model.
    package init(_ model: ModelDescription, _ state: Readiness, in precision: Precision? = nil) {
        (name, summary, width, license) = (model.name, model.summary, model.width, model.license)
        (nightsValidation, nightsTest) = (model.agreement?.validation, model.agreement?.test)
        (self.precision, self.state) = (precision, state)
    }
}

extension Catalog {
    /// Every model of the catalog, and whether it can be used without the network.
    package static func listing(in store: ModelStore) -> [ModelListing] {
        all.map { ModelListing($0, Readiness(isHere: $0.isReady(in: store))) }
    }
}
