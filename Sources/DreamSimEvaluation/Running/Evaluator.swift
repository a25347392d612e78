import Foundation

/// Holds metrics against what people said.
public enum Evaluator {
    /// Evaluates metrics on a data set.
    ///
    /// Images are decoded ahead; embeddings and values are kept in `settings.cache` as they come, so that a run that was
    /// interrupted resumes and a second one is immediate.
    /// - Parameters:
    ///   - set: what people judged.
    ///   - metrics: the metrics, each of another identity.
    ///   - settings: how.
    ///   - progress: called after every image or comparison. An error that it throws ends the work; what is measured stays in
    ///     the cache.
    /// - Throws: `DreamSimError`: `.empty` when no judgment can be taken, `.skipped` when one cannot and
    ///   `settings.isStrict`, `.locked` or `.unwritable` for the cache.
    public static func evaluate(
        _ set: JudgedSet, with metrics: [any PerceptualMetric], settings: EvaluationSettings,
        progress: (EvaluationProgress) throws -> Void = { _ in }
    ) throws -> EvaluationReport {
        let metrics = metrics.map { EvaluatedMetric($0, settings: settings) }
        try settings.makeCache()
        let plan = EvaluationPlan(set, settings: settings)
        if settings.isStrict, let skip = plan.missingFiles(set).first {
            throw DreamSimError(.skipped, "\(set.root)", "judgment '\(skip.id)': \(skip.reason)")
        }
        let measurements = try plan.measure(metrics, settings: settings, progress: progress)
        let items = set.items.enumerated().map { index, judged in
            item(judged, plan.pairs[index], measurements, metrics, plan.images)
        }
        let skips: [EvaluationReport.Skip] = items.compactMap { item in
            guard item.values.allSatisfy({ $0 == nil }) else { return nil }
            return EvaluationReport.Skip(id: item.judged.id, reason: item.reasons.compactMap { $0 }.first ?? "")
        }
        guard skips.count < items.count else {
            throw DreamSimError(
                .empty, "\(set.root)",
                "none of its \(items.count) judgments can be taken; the first: \(skips.first?.reason ?? "")")
        }
        if settings.isStrict, let item = items.first(where: { $0.values.contains { $0 == nil } }) {
            throw DreamSimError(
                .skipped, "\(set.root)",
                "judgment '\(item.judged.id)': \(item.reasons.compactMap { $0 }.first ?? "")")
        }
        let skipped = Set(skips.map(\.id))
        return EvaluationReport(
            dataSet: EvaluationReport.DataSet(
                name: set.name, layout: set.layout, root: set.root, selection: set.selection, task: set.task,
                digest: set.digest, judgments: set.items.count, images: plan.judgedImages, leftOut: set.leftOut,
                notes: set.notes),
            metrics: metrics, items: items.filter { !skipped.contains($0.judged.id) }, parts: set.parts,
            skipped: skips, measurements: measurements, unrelated: plan.unrelatedPairs, related: plan.related(set),
            bootstrap: settings.bootstrap)
    }

    private static func item(
        _ judged: JudgedItem, _ pairs: [IndexPair], _ measurements: [Measurements], _ metrics: [EvaluatedMetric],
        _ images: ImageTable
    ) -> EvaluationReport.Item {
        var values: [[Double]?] = []
        var reasons: [String?] = []
        for measured in measurements {
            let found = pairs.compactMap { measured.values[$0] }
            let isWhole = found.count == pairs.count
            values.append(isWhole ? found : nil)
            let absent = pairs.lazy.flatMap { [$0.a, $0.b] }.first { images.keys[$0] == nil }
            let reason = absent.map { "\(images.paths[$0]): there is no such file" }
            reasons.append(
                isWhole ? nil : reason ?? pairs.lazy.compactMap { measured.failures[$0] }.first ?? "has no value")
        }
        return EvaluationReport.Item(
            judged: judged, values: values, reasons: reasons,
            scores: zip(values, metrics).map { values, metric in
                values.map { ItemScore($0, judged.judgment, direction: metric.column.direction) }
            })
    }
}

extension EvaluationSettings {
    /// Makes the folder of the cache.
    func makeCache() throws(DreamSimError) {
        guard let cache else { return }
        do throws(DreamSimError) { try Folder.make(cache.path) } catch {
            throw DreamSimError(.unwritable, cache.path, "\(error.problem); use another cache folder, or none")
        }
    }
}
