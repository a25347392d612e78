import Foundation
import Synchronization

/// Every metric that is known by name: those listed here, and every model of the `Catalog`. To add one, add its file to
/// this folder and its line to `all`.
public enum MetricCatalog {
    /// The metrics that are not embeddings of a model.
    package static let all: [Entry] =
        PixelMetric.entries
        + StructuralSimilarity.entries
        + MultiScaleSimilarity.entries
        + FeatureSimilarity.entries
        + HaarSimilarity.entries
        + GradientSimilarityDeviation.entries
        + VisualInformationFidelity.entries
        + LPIPS.entries
        + DISTS.entries
        + PerceptualHash.entries

    /// The metric of a name, or of what the name limits to foregrounds; nil for models.
    package static func entry(of name: String) -> Entry? {
        let name = ForegroundMetric.base(of: name) ?? name
        return all.first { $0.card.name == name }
    }

    /// A metric of the catalog.
    package struct Entry: Sendable {
        /// What it is.
        package let card: MetricCard
        /// The weights that it needs; nil for metrics without any.
        package let needs: WeightNeeds?
        /// Whether it can compute in int16.
        package var takesIntegers: Bool { type is any FeatureMetric.Type }
        /// Whether it embeds each image by itself.
        package var embeds: Bool { type is any EmbeddingMetric.Type }

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
    ///   - name: a name of `all`, or of a model; with `-foreground` behind it limited as `ForegroundMetric` limits it.
    ///   - options: folders and settings; the environment's when nil.
    ///   - report: called with progress and notes, from any thread.
    /// - Throws: `DreamSimError`, saying what to do.
    public static func load(
        _ name: String, options: PerceptualModel.LoadingOptions? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> any PerceptualMetric {
        if let load = registered.withLock({ $0[name] }) { return try await load() }
        var options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
        if let base = ForegroundMetric.base(of: name) {
            options.preprocessing.foreground = .alone
            return try await load(base, options: options, report: report)
        }
        if options.preprocessing.foreground != nil {
            return try await ForegroundMetric.load(options, report: report) {
                try await load(name, options: $0, report: report)
            }
        }
        if let entry = all.first(where: { $0.card.name == name }) { return try await entry.load(options, report) }
        return try await PerceptualModel.load(name, options: options, report: report)
    }

    private static let registered = Mutex<[String: @Sendable () async throws -> any PerceptualMetric]>([:])

    /// Makes a metric of your own known by name, to `load`, to `Loss` and to all that loads metrics by name. May be called
    /// from any thread; a name that is registered again stands for the new metric.
    /// - Parameters:
    ///   - name: not one of `names`.
    ///   - load: makes the metric, at each load.
    /// - Throws: `DreamSimError` with `.duplicate` for a name of this catalog.
    public static func register(
        _ name: String, load: @escaping @Sendable () async throws -> any PerceptualMetric
    ) throws(DreamSimError) {
        guard !names.contains(name) else {
            throw DreamSimError(.duplicate, "metric '\(name)'", "is in the catalog already; choose another name")
        }
        registered.withLock { $0[name] = load }
    }

    /// Makes a model of your own known by the name of its description.
    /// - Parameters:
    ///   - model: such as `ModelDescription(contentsOf:)` reads it; its weights are found where it says.
    ///   - options: folders and settings; the environment's when nil.
    /// - Throws: as `register(_:load:)`.
    public static func register(
        _ model: ModelDescription, options: PerceptualModel.LoadingOptions? = nil
    ) throws(DreamSimError) {
        try register(model.name) {
            let options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
            return try await PerceptualModel.load(model, options: options)
        }
    }

    /// The names that `load` takes without being told more: metrics first, then models. Paths of descriptions and of
    /// merged models are taken too.
    public static var names: [String] { all.map(\.card.name) + Catalog.all.map(\.name) }
}
