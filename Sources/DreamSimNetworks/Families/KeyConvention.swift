/// How a family of checkpoints spells the names of a vision transformer's weights.
///
/// The spellings themselves are in one file a family beside this one.
struct KeyConvention: Sendable {
    /// What the family is called in messages.
    let name: String
    /// A name that every checkpoint of the family has; what stands before it is the checkpoint's prefix.
    let anchor: String
    /// How the weight of a canonical name is made from the checkpoint's: in the first of these ways whose names are all
    /// there; in none when the family has no such weight.
    let recipes: @Sendable (CanonicalName, VisionTransformerConfiguration) -> [Recipe]
    /// Weights that belong to other parts of the model and are rightly left alone, without the prefix.
    let isForeign: @Sendable (String) -> Bool

    /// Where a weight comes from, without the prefix.
    enum Recipe: Hashable, Sendable {
        case copy(String)
        /// Swapped rows and columns.
        case transposed(String)
        /// Stacked along the first dimension; nil stands for as many zeros as the first of the others has elements.
        case stacked([String?])
        /// Some of several equal parts along the first dimension.
        case parts(String, Range<Int>, of: Int)
        /// A layer that the family builds without this weight; it acts as zero.
        case zero

        var sources: [String] {
            switch self {
            case .copy(let name), .transposed(let name), .parts(let name, _, _): [name]
            case .stacked(let names): names.compactMap { $0 }
            case .zero: []
            }
        }
    }

    static let all: [KeyConvention] = BackboneFamily.all.flatMap(\.conventions)

    init(
        name: String, anchor: String,
        recipes: @escaping @Sendable (CanonicalName, VisionTransformerConfiguration) -> [Recipe],
        isForeign: @escaping @Sendable (String) -> Bool
    ) {
        (self.name, self.anchor, self.recipes, self.isForeign) = (name, anchor, recipes, isForeign)
    }

    /// A family that makes each weight in one way.
    init(
        name: String, anchor: String, recipe: @escaping @Sendable (CanonicalName) -> Recipe?,
        isForeign: @escaping @Sendable (String) -> Bool
    ) {
        self.init(
            name: name, anchor: anchor, recipes: { name, _ in recipe(name).map { [$0] } ?? [] }, isForeign: isForeign)
    }

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
