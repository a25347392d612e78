package import DreamSimCheckpoints

extension WeightSet {
    /// Finds a vision transformer's weights in a checkpoint of any known convention and gives them canonical names.
    ///
    /// - Parameters:
    ///   - checkpoint: an open file of weights.
    ///   - configuration: the architecture; it says which weights are needed.
    ///   - prefix: what stands before the names, such as `teacher.backbone.`; nil to find it.
    /// - Throws: `DreamSimError` with `.unknownLayout` when no network, or more than one, is found; `.missingWeight` or
    ///   `.unexpectedWeight` when the network is another; `DreamSimError` when reading fails.
    package init(
        _ checkpoint: Checkpoint, for configuration: VisionTransformerConfiguration, prefix: String? = nil
    ) throws {
        let path = checkpoint.url.path
        let names = checkpoint.names
        let (convention, prefix) = try Self.layout(of: names, path: path, wanted: prefix)
        var tensors: [String: Tensor] = [:]
        var used: Set<String> = []
        let shapes = VisionTransformer.weightShapes(of: configuration)
        for (canonical, shape) in shapes.sorted(by: { $0.key < $1.key }) {
            let recipes = convention.recipes(CanonicalName(canonical), configuration)
            let usable = recipes.first { $0.sources.allSatisfy { checkpoint[prefix + $0] != nil } }
            guard let recipe = usable ?? recipes.first else {
                throw DreamSimError(
                    .missingWeight, path, key: canonical,
                    "a checkpoint with \(convention.name) names has no such weight; is the architecture right?")
            }
            let sources = recipe.sources.map { prefix + $0 }
            used.formUnion(sources)
            if canonical == "pos_embed", checkpoint[sources[0]] == nil,
                let table = try Self.anonymousPositions(in: checkpoint, configuration)
            {
                tensors[canonical] = table
                continue
            }
            for source in sources where checkpoint[source] == nil {
                throw DreamSimError(
                    .missingWeight, path, key: source,
                    "is not there, but the architecture needs it. Nothing is filled in at random")
            }
            switch recipe {
            case .copy: tensors[canonical] = try checkpoint.tensor(sources[0])
            case .transposed: tensors[canonical] = try checkpoint.tensor(sources[0]).transposed()
            case .stacked(let names):
                let parts = try names.map { try $0.map { try checkpoint.tensor(prefix + $0) } }
                let zeros = Tensor(zeros: parts.lazy.compactMap { $0?.shape }.first ?? shape)
                if let other = parts.firstIndex(where: { $0.map { $0.shape != zeros.shape } ?? false }) {
                    throw DreamSimError(
                        .shapeMismatch, path, key: prefix + (names[other] ?? ""),
                        "has another shape than what belongs beside it, \(zeros.shape)")
                }
                guard zeros.shape.rank > 0 else {
                    throw DreamSimError(.shapeMismatch, path, key: sources[0], "is a single number")
                }
                tensors[canonical] = Tensor(stacking: parts.map { $0 ?? zeros })
            case .parts(_, let range, let count):
                guard let part = try checkpoint.tensor(sources[0]).parts(range, of: count) else {
                    throw DreamSimError(
                        .shapeMismatch, path, key: sources[0], "does not divide into \(count) equal parts")
                }
                tensors[canonical] = part
            case .zero: tensors[canonical] = Tensor(zeros: shape)
            }
        }
        for name in names where name.hasPrefix(prefix) && !used.contains(name) {
            let bare = String(name.dropFirst(prefix.count))
            guard convention.isForeign(bare) || name.hasPrefix("onnx::") else {
                throw DreamSimError(
                    .unexpectedWeight, path, key: name,
                    "has no place in this architecture (\(configuration.depth) blocks of width "
                        + "\(configuration.width)); is it the right one?")
            }
        }
        self.init(origin: path, tensors: tensors)
    }

    /// The convention that the names follow and the prefix of the network that is meant.
    static func layout(
        of names: [String], path: String, wanted: String?
    ) throws(DreamSimError) -> (KeyConvention, String) {
        for convention in KeyConvention.all {
            var prefixes = convention.prefixes(in: names)
            if let wanted { prefixes = prefixes.filter { $0 == wanted } }
            if prefixes.count > 1 {
                // Self-distilled models are used by their teacher.
                let teachers = prefixes.filter { $0.hasPrefix("teacher.") }
                guard teachers.count == 1 else {
                    throw DreamSimError(
                        .unknownLayout, path,
                        "holds several networks, under "
                            + prefixes.map { "'\($0)'" }.joined(separator: ", ") + "; say which one is meant")
                }
                prefixes = teachers
            }
            if let prefix = prefixes.first { return (convention, prefix) }
        }
        let sample = names.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
        throw DreamSimError(
            .unknownLayout, path,
            (wanted.map { "holds no vision transformer under '\($0)'" } ?? "holds no vision transformer")
                + " with names as DINO, Hugging Face or OpenAI write them; its first names are \(sample)")
    }

    /// The position embedding of an ONNX export, where constant folding has cut it into two nameless constants.
    private static func anonymousPositions(
        in checkpoint: Checkpoint, _ configuration: VisionTransformerConfiguration
    ) throws -> Tensor? {
        guard checkpoint.format == .onnx else { return nil }
        func only(_ shape: Shape) -> StoredTensor? {
            let found = checkpoint.names.filter { $0.hasPrefix("onnx::") && checkpoint[$0]?.shape == shape }
            return found.count == 1 ? checkpoint[found[0]] : nil
        }
        let (grid, width) = (configuration.positionGrid, configuration.width)
        guard let classToken = only([1, 1, width]), let patches = only([1, grid * grid, width]) else { return nil }
        return try Tensor(stacking: [
            classToken.load().reshaped([1, width]), patches.load().reshaped([grid * grid, width]),
        ])
    }
}
