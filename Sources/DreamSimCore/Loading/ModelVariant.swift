package import Foundation

/// A model by its name, with another feature or adapter than the model of that name has.
package struct ModelVariant: Sendable {
    /// As `PerceptualModel.load` takes it.
    package let name: String
    /// The feature to read; nil for the model's own.
    package let feature: String?
    /// The PEFT folder of a LoRA adapter; nil for the model's own.
    package let adapter: URL?

    package init(_ name: String, feature: String? = nil, adapter: URL? = nil) {
        (self.name, self.feature, self.adapter) = (name, feature, adapter)
    }

    /// Loads the model.
    /// - Throws: as `PerceptualModel.load`, and `DreamSimError` with `.badSetting` for a variant of a merged model.
    package func load(
        _ options: PerceptualModel.LoadingOptions,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void
    ) async throws -> PerceptualModel {
        guard feature != nil || adapter != nil else {
            return try await PerceptualModel.load(name, options: options, report: report)
        }
        var options = options
        let name = options.resolved(name, for: .tuning, report: report)
        let whole = try await description(name, in: ModelStore(options.store), report: report)
        // A head takes the place of the model's own adapter, not of one that is named beside it.
        let own = options.head == nil ? whole : whole.untuned
        return try await PerceptualModel.load(
            adapter.map { own.adapted(by: $0) } ?? own, options: options, report: report)
    }

    /// Loads the model, limited to foregrounds where its name or the options ask for that.
    /// - Throws: as `load(_:report:)`.
    package func loadMetric(
        _ options: PerceptualModel.LoadingOptions,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void
    ) async throws -> any EmbeddingMetric {
        let base = ForegroundMetric.base(of: name)
        guard base != nil || options.preprocessing.foreground != nil else {
            return try await load(options, report: report)
        }
        let whole = ModelVariant(base ?? name, feature: feature, adapter: adapter)
        return try await ForegroundMetric.load(options, report: report) { try await whole.load($0, report: report) }
    }

    /// Loads the model without adapter and head, and with embeddings that are not normalized, as models are trained.
    /// - Parameter takesMerged: whether it may be a merged model, whose adapter is a part of its weights.
    /// - Throws: as `load(_:report:)`.
    package func loadUntuned(
        takesMerged: Bool, _ options: PerceptualModel.LoadingOptions,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void
    ) async throws -> PerceptualModel {
        var options = options
        options.isNormalized = false
        options.head = nil
        if takesMerged, feature == nil, name.hasSuffix(".safetensors") {
            let model = try await PerceptualModel.load(name, options: options, report: report)
            guard model.stamp.precision == nil else {
                throw DreamSimError(
                    .badSetting, name,
                    "holds rounded weights, and training starts from exact ones; convert the model in float32")
            }
            return model
        }
        let name = options.resolved(name, for: .tuning, report: report)
        let whole = try await description(name, in: ModelStore(options.store), report: report)
        return try await PerceptualModel.load(whole.untuned, options: options, report: report)
    }

    /// The description of the model of a name with the chosen feature.
    private func description(
        _ name: String, in store: ModelStore, report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void
    ) async throws -> ModelDescription {
        guard case .description(let description) = try await Catalog.found(name, in: store, report: report) else {
            throw DreamSimError(
                .badSetting, name,
                "is a merged model, whose feature and adapter are fixed; name the model that it was made of")
        }
        return try feature.map { try description.reading($0) } ?? description
    }
}
