import DreamSimSupport
import DreamSimWeights
import Foundation

/// Every metric that is known by name: those listed here, and every model of the `Catalog`. To add one, add its file to
/// this folder and its line to `all`.
public enum MetricCatalog {
    /// The metrics that are not embeddings of a model.
    public static let all: [Entry] =
        PixelMetric.entries
        + StructuralSimilarity.entries
        + MultiScaleSimilarity.entries
        + LPIPS.entries
        + DISTS.entries

    /// A metric of the catalog.
    public struct Entry: Sendable {
        /// What it is.
        public let card: MetricCard
        /// The weights that it needs; nil for metrics without any.
        public let needs: WeightNeeds?
        /// What loading makes, which tells what it can do beside giving values.
        let type: any PerceptualMetric.Type
        /// Makes it; fetches weights first where it needs any.
        let load: Loading<any PerceptualMetric>

        typealias Loading<Metric> =
            @Sendable (PerceptualModel.LoadingOptions, @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void)
            async throws -> Metric

        init<Metric: PerceptualMetric>(
            card: MetricCard, needs: WeightNeeds? = nil, load: @escaping Loading<Metric>
        ) {
            (self.card, self.needs) = (card, needs)
            type = Metric.self
            self.load = load
        }
    }

    /// Loads a metric by its name; a name that is not of this list is a model's, as `PerceptualModel.load` takes it.
    /// - Parameters:
    ///   - name: a name of `all`, or of a model.
    ///   - options: folders and settings; the environment's when nil.
    ///   - report: called with progress and notes, from any thread.
    /// - Throws: `DreamSimError`, `ModelStoreError`, `DreamSimError` or `DreamSimError`, each saying what to do.
    public static func load(
        _ name: String, options: PerceptualModel.LoadingOptions? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> any PerceptualMetric {
        let options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
        if let entry = all.first(where: { $0.card.name == name }) { return try await entry.load(options, report) }
        return try await PerceptualModel.load(name, options: options, report: report)
    }
}
