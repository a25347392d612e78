/// Compares images with altered copies of themselves and with each other.
struct RobustnessMeasuring: Sendable {
    let images: [Image]
    let settings: RobustnessReport.Settings

    /// What one metric says.
    struct Findings {
        /// The metric between different originals, each pair once.
        var apart: [Double] = []
        /// For each step, and then for each image: the metric between the original and its altered copy, and whether no
        /// candidate is as near.
        var altered: [[(value: Double, isNearest: Bool)]]
        /// The images among which the original must be the nearest.
        let candidates: Int
    }

    /// The findings of each metric, or why it has none.
    /// - Throws: `DreamSimError` when an image cannot be altered.
    func findings(
        of metrics: [any PerceptualMetric], progress: (Int, Int) -> Void
    ) throws -> [Result<Findings, any Error>] {
        let models = metrics.map { $0 as? any EmbeddingMetric }
        let embedsAny = models.contains { $0 != nil }
        let total = images.count * (settings.steps.count + (embedsAny ? 1 : 0))
        var done = 0
        // What a model sees of an original is compared with every altered copy.
        var originals = [[[Float]]](repeating: [], count: metrics.count)
        var errors = [(any Error)?](repeating: nil, count: metrics.count)
        if embedsAny {
            for first in stride(from: 0, to: images.count, by: settings.batch) {
                let batch = Array(images[first..<min(first + settings.batch, images.count)])
                for (place, model) in models.enumerated() where errors[place] == nil {
                    guard let model else { continue }
                    do { originals[place] += try model.embed(batch).map(\.values) } catch { errors[place] = error }
                }
                done += batch.count
                progress(done, total)
            }
        }
        let others = distractors()
        var findings = models.map { model in
            Findings(
                altered: .init(repeating: [], count: settings.steps.count),
                candidates: model == nil ? others[0].count + 1 : images.count)
        }
        // Altering has a thread of its own, so that models do not wait for it.
        let copies = Lookahead(images.count, capacity: 2, threads: PerceptualModel.threads > 1 ? 1 : 0) { index in
            Result { try altered(index) }
        }
        defer { copies.cancel() }
        for index in images.indices {
            guard let altered = try copies.next()?.get() else { break }
            for place in metrics.indices where errors[place] == nil {
                do {
                    if let model = models[place] {
                        try compare(index, altered, by: model, originals[place], &findings[place])
                    } else {
                        try compare(index, altered, by: metrics[place], others, &findings[place])
                    }
                } catch {
                    errors[place] = error
                }
            }
            done += settings.steps.count
            progress(done, total)
        }
        return zip(findings, errors).map { findings, error in error.map { .failure($0) } ?? .success(findings) }
    }

    /// For each image the others that it competes with, and is measured from, under metrics that do not embed.
    private func distractors() -> [[Int]] {
        let count = min(settings.distractors ?? .max, images.count - 1)
        return images.indices.map { index in
            var random = SeededGenerator(state: seed(of: index))
            return random.sample(count, below: images.count - 1).map { $0 < index ? $0 : $0 + 1 }.sorted()
        }
    }

    private func altered(_ index: Int) throws -> [Image] {
        try settings.steps.map { try $0.applied(to: images[index], seed: seed(of: index)) }
    }

    /// A seed for each image, so that no two have the same noise.
    private func seed(of index: Int) -> UInt64 { SeededGenerator.mixed(settings.seed &+ UInt64(index)) }

    private func compare(
        _ index: Int, _ altered: [Image], by model: any EmbeddingMetric, _ originals: [[Float]],
        _ findings: inout Findings
    ) throws {
        var copies: [[Float]] = []
        for first in stride(from: 0, to: altered.count, by: settings.batch) {
            copies += try model.embed(Array(altered[first..<min(first + settings.batch, altered.count)])).map(\.values)
        }
        for (step, copy) in copies.enumerated() {
            var distances = originals.map { Embedding.cosineDistance(copy, $0) }
            let own = distances.remove(at: index)
            findings.altered[step].append((own, distances.allSatisfy { own < $0 }))
        }
        findings.apart += originals[(index + 1)...].map { Embedding.cosineDistance(originals[index], $0) }
    }

    private func compare(
        _ index: Int, _ altered: [Image], by metric: any PerceptualMetric, _ others: [[Int]],
        _ findings: inout Findings
    ) throws {
        let candidates = [images[index]] + others[index].map { images[$0] }
        for (step, copy) in altered.enumerated() {
            let values = try metric.values(from: copy, to: candidates)
            let isNearest = values.dropFirst().allSatisfy { metric.card.direction.isMoreAlike(values[0], than: $0) }
            findings.altered[step].append((values[0], isNearest))
        }
        // A pair that was drawn from both sides counts once.
        let new = others[index].filter { $0 > index || !others[$0].contains(index) }
        findings.apart += try metric.values(from: images[index], to: new.map { images[$0] })
    }
}
