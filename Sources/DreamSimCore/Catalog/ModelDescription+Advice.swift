import DreamSimNetworks

extension ModelDescription {
    /// The files that must be there.
    package var needs: WeightNeeds {
        WeightNeeds(
            name: name,
            files: parts.map { $0.files.map(\.path) } + parts.flatMap(\.files).flatMap { $0.shards ?? [] }.map { [$0] }
                + (adapter.map { folder in
                    [
                        ["\(folder)/\(LoRAAdapter.configurationFile)"],
                        LoRAAdapter.weightFiles.map { "\(folder)/\($0)" },
                    ]
                } ?? []),
            sources: sources, license: license)
    }

    /// The files that must be there, as paths inside a weights folder.
    public var neededFiles: [String] { needs.files.map { $0.joined(separator: " or ") } }

    /// Whether all weights are on this machine.
    public func isReady(in store: ModelStore) -> Bool { needs.isReady(in: store) }
}

extension Catalog {
    /// The models whose weights are on this machine.
    package static func ready(in store: ModelStore) -> [ModelDescription] {
        all.filter { $0.isReady(in: store) }
    }
}
