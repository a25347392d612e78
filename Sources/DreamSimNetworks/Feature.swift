/// What is read from a vision transformer as the description of an image.
package struct Feature: Hashable, Sendable {
    /// Which tokens, and what follows the last block.
    package enum Kind: String, Sendable, CaseIterable {
        /// The class token after the block, before the final layer norm. Width C.
        case cls
        /// The class token after the final layer norm. Width C.
        case lastLayer = "last_layer"
        /// `last_layer` times the projection to the space shared with text (CLIP, OpenCLIP).
        case embedding
        /// The class token and the mean of the patch tokens, both before the final layer norm. Width 2 C.
        case clsPatch = "cls_patch"
        /// What the network's authors read: see `Pooling`. Width C.
        case pooled
        /// The mean of the patch tokens, each of them after the final layer norm. Width C.
        case patchMean = "patch_mean"
    }

    /// Which tokens.
    package let kind: Kind
    /// The index of the block after which they are read, from 0; nil for the last.
    package let block: Int?

    /// Names a feature.
    package init(_ kind: Kind, block: Int? = nil) {
        self.kind = kind
        self.block = block
    }

    /// Reads a name such as `cls`, `last_layer` or `cls@10`.
    /// - Returns: nil when the name is not a feature.
    package init?(name: String) {
        let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let kind = Kind(rawValue: String(parts[0])) else { return nil }
        guard parts.count == 2 else {
            self.init(kind)
            return
        }
        guard let block = Int(parts[1]), block >= 0 else { return nil }
        self.init(kind, block: block)
    }

    /// The name, such as `cls@10`.
    package var name: String {
        block.map { "\(kind.rawValue)@\($0)" } ?? kind.rawValue
    }

    /// The length of the feature's vector in a network; nil when the network does not have the feature.
    package func width(in configuration: VisionTransformerConfiguration) -> Int? {
        if let block, block >= configuration.depth { return nil }
        switch kind {
        case .cls, .lastLayer: return configuration.hasClassToken ? configuration.width : nil
        case .embedding: return configuration.projectionWidth
        case .clsPatch: return configuration.hasClassToken ? 2 * configuration.width : nil
        case .pooled, .patchMean: return configuration.width
        }
    }

    /// Whether more is read of the last block than its class token.
    func readsAllTokens(in configuration: VisionTransformerConfiguration) -> Bool {
        switch kind {
        case .cls, .lastLayer, .embedding: false
        case .clsPatch, .patchMean: true
        case .pooled: configuration.pooling != .classToken
        }
    }
}

extension Feature: Codable {
    /// Reads the name.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let feature = Feature(name: name) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(name)' is not a feature; there are "
                    + Kind.allCases.map(\.rawValue).joined(separator: ", ") + ", each with @BLOCK if wanted")
        }
        self = feature
    }

    /// Writes the name.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
