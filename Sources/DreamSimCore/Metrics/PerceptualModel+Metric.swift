public import DreamSimImages

extension PerceptualModel: PerceptualMetric {
    /// DreamSim's distance: from 0, the same, to 2.
    public var card: MetricCard { Self.card(of: description, side: preprocessing.side, weights: stamp.weights) }

    static func card(
        of model: ModelDescription, side: Int = Preprocessing.standard.side, weights: String? = nil
    ) -> MetricCard {
        MetricCard(
            name: model.name, summary: model.summary, direction: .lowerIsMoreAlike, lowest: 0, highest: 2,
            size: .square(side), weights: weights)
    }

    /// The distances of images from a reference.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        let embeddings = embed([reference] + images)
        return try embeddings.dropFirst().map { try $0.distance(to: embeddings[0]) }
    }
}
