import Foundation

/// The metrics that are loaded, and the threads that work for all requests.
final class Engine: Sendable {
    /// The metrics in the order in which they were asked for; the first is the one that is used when a request names none.
    let metrics: [any PerceptualMetric]
    /// Says what stands out in images; nil where no cutouts are made.
    let detector: SaliencyDetector?
    /// How files become images for metrics that see them as they are.
    let decoding = DecodingOptions.standard
    let limits: ServiceLimits
    let budget: ByteBudget
    let batcher: Batcher<String, Image, Embedding>
    let decodingMemory: WaitingBudget
    let costs = CostEstimates()
    /// Decodes, resizes and encodes images.
    let images: WorkerThreads
    /// Looks into the index. Nothing else may hold it up.
    let searches = WorkerThreads(2, name: "dreamsim-search", capacity: 256)
    /// Reads and writes small files.
    let files = WorkerThreads(2, name: "dreamsim-files", capacity: 256)
    /// Does what takes long and is asked for seldom.
    let background = WorkerThreads(1, name: "dreamsim-background")

    /// Starts the threads.
    /// - Parameters:
    ///   - metrics: at least one; no two of the same name.
    ///   - others: models that serve an index and are no metrics of their own.
    ///   - detector: makes cutouts.
    init(
        metrics: [any PerceptualMetric], others: [any EmbeddingMetric] = [], detector: SaliencyDetector? = nil,
        limits: ServiceLimits, budget: ByteBudget, statistics: Statistics
    ) {
        precondition(!metrics.isEmpty, "no metric")
        (self.metrics, self.detector) = (metrics, detector)
        (self.limits, self.budget) = (limits, budget)
        decodingMemory = WaitingBudget(limits.decodingBytes)
        var models: [String: any EmbeddingMetric] = [:]
        for model in metrics.compactMap({ $0 as? any EmbeddingMetric }) + others { models[Self.key(model)] = model }
        self.models = models
        images = WorkerThreads(Parallel.threads, name: "dreamsim-images")
        batcher = Batcher(
            batchSize: limits.batch, gathering: limits.gathering, capacity: limits.acceptedImages,
            memory: limits.workingBytes,
            process: { [models] key, images in try models[key]?.embedInSteps(preprocessed: images) ?? [] },
            observe: { statistics.countBatch($0, $1) })
    }

    let models: [String: any EmbeddingMetric]

    /// Which models may share a batch: those that are the same in everything.
    static func key(_ model: any EmbeddingMetric) -> String { "\(model.stamp) \(model.stamp.weights)" }

    /// The loaded model with a stamp; nil when there is none.
    func model(_ stamp: ModelStamp) -> (any EmbeddingMetric)? { models.values.first { $0.stamp.agrees(with: stamp) } }

    /// Lets the threads end when everything that was accepted is done.
    func close() {
        batcher.close()
        images.close()
        searches.close()
        files.close()
        background.close()
    }

    /// The metrics of names.
    /// - Throws: `Problem` for a name that is not loaded.
    func metrics(named names: [String]?) throws(Problem) -> [any PerceptualMetric] {
        let found = try chosen(names)
        WorkRecord.current?.note(found)
        return found
    }

    private func chosen(_ names: [String]?) throws(Problem) -> [any PerceptualMetric] {
        guard let names else { return [metrics[0]] }
        if names == ["all"] { return metrics }
        var found: [any PerceptualMetric] = []
        for name in names where !found.contains(where: { $0.card.name == name }) {
            guard let metric = metrics.first(where: { $0.card.name == name }) else {
                throw Problem(
                    .badParameter, "metric '\(name)' is not loaded",
                    advice:
                        Problem.choice("loaded is", "loaded are", metrics.map(\.card.name))
                        + "; start the service with more metrics"
                )
            }
            found.append(metric)
        }
        return found
    }

    /// The only metric of a name that embeds.
    /// - Throws: `Problem` when it is not loaded or does not embed.
    func model(named name: String?) throws(Problem) -> any EmbeddingMetric {
        if let name {
            guard let model = try metrics(named: [name]).first as? any EmbeddingMetric else {
                throw Problem(.badParameter, "metric '\(name)' makes no embeddings", advice: "choose a model")
            }
            return model
        }
        guard let model = metrics.lazy.compactMap({ $0 as? any EmbeddingMetric }).first else {
            throw Problem(
                .badParameter, "no model is loaded that makes embeddings", advice: "start the service with a model")
        }
        return model
    }

    /// Prepares images, many at a time. An image that cannot be used does not stop the others.
    /// - Parameter inFull: whether only the images as they are are needed.
    func prepare(
        _ uploads: [Upload], for metrics: [any PerceptualMetric], resize: Int? = nil, inFull: Bool = false,
        _ admission: Admission
    ) async throws -> [Result<PreparedUpload, Problem>] {
        WorkRecord.current?.note(metrics)
        let preparation = ImagePreparation(metrics, decoding: decoding, resize: resize, inFull: inFull)
        return try await withThrowingTaskGroup(of: (Int, Result<PreparedUpload, Problem>).self) { group in
            for (index, upload) in uploads.enumerated() {
                group.addTask { [images, limits, budget, decodingMemory] in
                    let result = try await images.run(for: admission.client, as: .decoding) {
                        Result { try PreparedUpload(upload, preparation, limits, budget, decodingMemory) }
                    }
                    return (index, result.mapError { Problem($0, of: upload) })
                }
            }
            var results = [Result<PreparedUpload, Problem>?](repeating: nil, count: uploads.count)
            for try await (index, result) in group { results[index] = result }
            return results.compactMap(\.self)
        }
    }

    /// Embeds images that are prepared for a model.
    func embed(_ images: [PreparedUpload], with model: any EmbeddingMetric, _ admission: Admission) async throws
        -> [Embedding]
    {
        try await batcher.submit(
            images.compactMap { $0.image.preprocessed[model.preprocessing] }, key: Self.key(model), admission)
    }
}
