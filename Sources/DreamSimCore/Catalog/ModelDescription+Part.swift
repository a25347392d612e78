package import DreamSimNetworks

extension ModelDescription {
    /// One backbone and what is read from it.
    package struct Part: Hashable, Sendable {
        /// The backbone's name, such as `clip_vitb16`.
        package let name: String
        /// What it is and what is read from it.
        package let extractor: Extractor
        /// Where its weights may lie, in order of preference.
        package let files: [File]
        /// The squared norm that each of the part's vectors is brought to, which is its share in the distance; nil to leave
        /// them as they come.
        package let shares: [Double]?

        /// Joins a vision transformer with a feature.
        package init(
            name: String, configuration: VisionTransformerConfiguration, feature: Feature, files: [File],
            share: Double? = nil
        ) {
            self.init(
                name: name, extractor: .transformer(configuration, feature), files: files, shares: share.map { [$0] })
        }

        /// Joins what is read with where its weights are.
        /// - Parameter shares: one for each vector that is read.
        package init(name: String, extractor: Extractor, files: [File], shares: [Double]? = nil) {
            precondition(
                shares == nil || shares?.count == extractor.widths.count, "\(shares ?? []) for \(extractor.widths)")
            self.name = name
            self.extractor = extractor
            self.files = files
            self.shares = shares
        }

        /// The number of components.
        package var width: Int { extractor.widths.reduce(0, +) }
    }

    /// What is read from an image through a backbone.
    package enum Extractor: Hashable, Sendable {
        /// A feature of a vision transformer.
        case transformer(VisionTransformerConfiguration, Feature)
        /// How much the channels of a convolutional network vary.
        case statistics(ChannelStatistics)

        /// The components of each vector that is read; none where the backbone does not have what is to be read.
        package var widths: [Int] {
            switch self {
            case .transformer(let configuration, let feature): feature.width(in: configuration).map { [$0] } ?? []
            case .statistics(let statistics): statistics.channels ?? []
            }
        }
    }

    /// The parts that are vision transformers, in their order.
    package var transformers: [(name: String, configuration: VisionTransformerConfiguration, feature: Feature)] {
        parts.compactMap { part in
            guard case .transformer(let configuration, let feature) = part.extractor else { return nil }
            return (part.name, configuration, feature)
        }
    }
}

/// Written as `configuration` and `feature`, or as `statistics`.
extension ModelDescription.Part: Codable {
    private enum Key: String, CodingKey {
        case name, configuration, feature, statistics, files, shares
    }

    /// Reads a part of a merged file.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let extractor: ModelDescription.Extractor
        if let statistics = try container.decodeIfPresent(ChannelStatistics.self, forKey: .statistics) {
            extractor = .statistics(statistics)
        } else {
            let configuration = try container.decode(VisionTransformerConfiguration.self, forKey: .configuration)
            if let wrong = configuration.fault {
                throw DecodingError.dataCorruptedError(
                    forKey: .configuration, in: container, debugDescription: "\(wrong.key): \(wrong.reason)")
            }
            extractor = .transformer(configuration, try container.decode(Feature.self, forKey: .feature))
        }
        let shares = try container.decodeIfPresent([Double].self, forKey: .shares)
        guard !extractor.widths.isEmpty, shares == nil || shares?.count == extractor.widths.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: container, debugDescription: "the part is not one that its backbone has")
        }
        self.init(
            name: try container.decode(String.self, forKey: .name), extractor: extractor,
            files: try container.decode([ModelDescription.File].self, forKey: .files), shares: shares)
    }

    /// Writes the part.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        switch extractor {
        case .transformer(let configuration, let feature):
            try container.encode(configuration, forKey: .configuration)
            try container.encode(feature, forKey: .feature)
        case .statistics(let statistics): try container.encode(statistics, forKey: .statistics)
        }
        try container.encode(files, forKey: .files)
        try container.encodeIfPresent(shares, forKey: .shares)
    }
}
