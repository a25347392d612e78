/// What a model is made of and where its weights come from: one value in the catalog, or one read from a user's file.
public struct ModelDescription: Hashable, Sendable {
    /// A file that holds a backbone.
    package struct File: Hashable, Sendable, Codable {
        /// The path inside a weights folder, or an absolute path.
        package let path: String
        /// What stands before the names of the weights, such as `teacher.backbone.`; nil to find it.
        package let prefix: String?
        /// The paths of the parts of a model that is divided, where the file is their index.
        package let shards: [String]?

        /// Names a file.
        package init(_ path: String, prefix: String? = nil, shards: [String]? = nil) {
            (self.path, self.prefix, self.shards) = (path, prefix, shards)
        }
    }

    /// Agreement with people on NIGHTS (2AFC) as its authors publish it, in per cent.
    package struct Agreement: Hashable, Sendable {
        /// On the validation split.
        package let validation: Double
        /// On the test split.
        package let test: Double
    }

    /// The name by which it is chosen.
    public let name: String
    /// Which of the models that have had this name; nil for the first.
    package let version: Int?
    /// What it is, in a line.
    public let summary: String
    /// The backbones, in the order of their features in the embedding.
    package let parts: [Part]
    /// The folder of the LoRA adapter inside a weights folder, or an absolute path; nil when the backbones are untuned.
    public let adapter: String?
    /// Where the weights can be fetched.
    package let sources: [WeightSource]
    /// The license of the weights, as their publishers state it.
    public let license: String
    /// Published agreement with people, when there is one.
    package let agreement: Agreement?
    /// The human judgments that it was chosen or tuned on, as far as that is known.
    package let seen: SeenJudgments?
    /// What should be known before it is relied on.
    public let remarks: [String]

    /// Describes a model.
    package init(
        name: String, version: Int? = nil, summary: String, parts: [Part], adapter: String? = nil,
        sources: [WeightSource], license: String, agreement: Agreement? = nil, seen: SeenJudgments? = nil,
        remarks: [String] = []
    ) {
        (self.name, self.version, self.summary, self.parts, self.adapter) = (name, version, summary, parts, adapter)
        (self.sources, self.license, self.agreement, self.remarks) = (sources, license, agreement, remarks)
        self.seen = seen
    }

    /// The name that embeddings carry, which tells models of one name apart, such as `lite-2`.
    package var stampName: String { version.map { "\(name)-\($0)" } ?? name }

    /// The number of components of an embedding.
    public var width: Int {
        parts.reduce(0) { $0 + $1.width }
    }

    /// Whether patch tokens are pooled, which moves normalization to the tokens.
    var poolsPatches: Bool { transformers.contains { $0.feature.kind == .clsPatch } }

    /// Whether vectors are brought to norms of their own, which takes the place of any other normalization.
    package var hasShares: Bool { parts.contains { $0.shares != nil } }
}
