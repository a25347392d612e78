/// How a family of checkpoints spells the names of a vision transformer's weights.
///
/// The spellings themselves are in one file a family beside this one. To add a family, add such a file and its line in
/// `all`.
struct KeyConvention: Sendable {
    /// What the family is called in messages.
    let name: String
    /// A name that every checkpoint of the family has; what stands before it is the checkpoint's prefix.
    let anchor: String
    /// How the weight of a canonical name is made from the checkpoint's, or nil when the family has no such weight.
    let recipe: @Sendable (CanonicalName) -> Recipe?
    /// Weights that belong to other parts of the model and are rightly left alone, without the prefix.
    let isForeign: @Sendable (String) -> Bool

    /// Where a weight comes from, without the prefix.
    enum Recipe: Hashable, Sendable {
        case copy(String)
        /// Swapped rows and columns.
        case transposed(String)
        /// Stacked along the first dimension.
        case stacked([String])
        /// A layer that the family builds without this weight; it acts as zero.
        case zero

        var sources: [String] {
            switch self {
            case .copy(let name), .transposed(let name): [name]
            case .stacked(let names): names
            case .zero: []
            }
        }
    }

    static let all: [KeyConvention] = [.dino, .huggingFaceDINOv2, .huggingFaceViT, .huggingFaceCLIP, .openAI]

    /// The prefixes under which names follow this convention, such as `teacher.backbone.`.
    func prefixes(in names: some Sequence<String>) -> [String] {
        names.filter { $0.hasSuffix(anchor) }
            .map { String($0.dropLast(anchor.count)) }
            .filter { $0.isEmpty || $0.hasSuffix(".") }
            .sorted()
    }
}

/// A canonical name taken apart: `blocks.3.attn.qkv.weight` is block 3, layer `attn.qkv`, leaf `weight`.
struct CanonicalName: Hashable, Sendable {
    let full: String
    let block: Int?
    /// The name without the block and without `.weight` or `.bias`.
    let layer: String
    /// `weight`, `bias`, or empty.
    let leaf: String

    init(_ full: String) {
        self.full = full
        var parts = full.split(separator: ".")
        if parts.count > 2, parts[0] == "blocks", let index = Int(parts[1]) {
            block = index
            parts.removeFirst(2)
        } else {
            block = nil
        }
        if let last = parts.last, last == "weight" || last == "bias" {
            leaf = String(last)
            parts.removeLast()
        } else {
            leaf = ""
        }
        layer = parts.joined(separator: ".")
    }
}
