import DreamSimCheckpoints
package import DreamSimNetworks

/// A part of a model with its weights.
package enum PartNetwork: Sendable {
    case transformer(VisionTransformer, Feature)
    case statistics(ConvolutionalNetwork, ChannelStatistics)

    /// Builds a part from its weights.
    init(_ part: ModelDescription.Part, weights: WeightSet) throws {
        switch part.extractor {
        case .transformer(let configuration, let feature):
            self = .transformer(try VisionTransformer(configuration, weights: weights), feature)
        case .statistics(let statistics):
            self = .statistics(
                try ConvolutionalNetwork(statistics.network, weights: weights, through: statistics.taps.last),
                statistics)
        }
    }

    /// The transformer, where the part is one.
    package var transformer: VisionTransformer? {
        guard case .transformer(let network, _) = self else { return nil }
        return network
    }

    /// What is read from images: [N, 3, H, W] in [0, 1] to [N, width].
    package func features(of batch: Tensor, centeringTokens: Bool) -> Tensor {
        switch self {
        case .transformer(let network, let feature):
            network.features(feature, of: batch, centeringTokens: centeringTokens)
        case .statistics(let network, let statistics):
            network.deviations(of: statistics.thumbnails(of: batch)?.forward(batch) ?? batch, at: statistics.taps)
        }
    }
}

extension ChannelStatistics {
    /// How images, [N, 3, H, W], become the thumbnails that are looked at; nil where they are looked at as they come.
    func thumbnails(of batch: Tensor) -> LinearResampling? {
        side.map { LinearResampling(height: batch.shape[2], width: batch.shape[3], toHeight: $0, width: $0) }
    }
}

extension ModelDescription.Part {
    /// The part's weights in a checkpoint.
    func weights(_ checkpoint: Checkpoint, prefix: String?) throws -> WeightSet {
        switch extractor {
        case .transformer(let configuration, _): try WeightSet(checkpoint, for: configuration, prefix: prefix)
        case .statistics(let statistics):
            try WeightSet(checkpoint, for: statistics.network, through: statistics.taps.last)
        }
    }

    /// The same weights arranged as the products read them, in a precision.
    func packed(_ weights: WeightSet, in precision: Precision) -> WeightSet {
        switch extractor {
        case .transformer(let configuration, let feature):
            weights.packed(for: configuration, reading: feature, in: precision)
        case .statistics: weights
        }
    }
}
