extension PerceptualModel: EmbeddingMetric {
    /// DreamSim's distance: from 0, the same, to 2.
    public var card: MetricCard {
        Self.card(of: description, side: preprocessing.side, weights: stamp.weights, precision: stamp.precision)
    }

    /// Embeds one image.
    public func embed(_ image: Image) -> Embedding { embed([image])[0] }

    /// Embeds images, in their order.
    public func embed(_ images: [Image]) -> [Embedding] { embed(preprocessed: images.map(preprocessing.applied)) }

    static func card(
        of model: ModelDescription, side: Int = Preprocessing.standard.side, weights: String? = nil,
        precision: Precision? = nil
    ) -> MetricCard {
        MetricCard(
            name: model.name, summary: model.summary, direction: .lowerIsMoreAlike, lowest: 0, highest: 2,
            size: .square(side), weights: weights, precision: precision)
    }
}
