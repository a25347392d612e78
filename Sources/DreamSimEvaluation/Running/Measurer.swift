import Foundation

/// Computes metrics of pairs of images, each value and each embedding once.
struct Measurer {
    let images: ImageTable
    let comparisons: [Comparison]
    let settings: EvaluationSettings
    let progress: (EvaluationProgress) throws -> Void

    // MARK: - Metrics that embed

    /// Measures with a model that embeds.
    func measure(_ model: any EmbeddingMetric, _ identity: MetricIdentity) throws -> Measurements {
        let journal = try EmbeddingJournal(
            settings.cacheFile(identity.fileName + ".embeddings"), identity: identity, width: model.width)
        var result = Measurements()
        var seen: Set<Int> = []
        var missing: [Int] = []
        for image in comparisons.flatMap({ [$0.reference] + $0.others }) where seen.insert(image).inserted {
            if let key = images.keys[image], try !journal.contains(key) { missing.append(image) }
        }
        var reasons: [Int: String] = [:]
        let start = ContinuousClock.now
        var done = 0
        try model.embed(files: missing.map { images.paths[$0] }, batch: settings.batch) { outcome in
            let image = missing[done]
            switch outcome.result {
            case .success(let embedding):
                if let key = images.keys[image] { try journal.add(embedding.values, for: key) }
            case .failure(let error): reasons[image] = "\(error)"
            }
            done += 1
            try progress(EvaluationProgress(what: identity.name, done: done, total: missing.count, unit: "images"))
        }
        result.seconds = (ContinuousClock.now - start) / .seconds(1)
        result.computed = missing.count - reasons.count
        for comparison in comparisons {
            let reference = try images.keys[comparison.reference].flatMap { try journal.vector($0) }
            for other in comparison.others {
                let pair = IndexPair(a: comparison.reference, b: other)
                let vector = try images.keys[other].flatMap { try journal.vector($0) }
                if let reference, let vector {
                    let distance = Embedding.cosineDistance(reference, vector)
                    if distance.isNaN {
                        result.failures[pair] = "\(identity.name) gives NaN"
                    } else {
                        result.values[pair] = distance
                    }
                } else {
                    let culprit = reference == nil ? comparison.reference : other
                    result.failures[pair] = reasons[culprit] ?? "\(images.paths[culprit]): there is no such file"
                }
            }
        }
        return result
    }

    // MARK: - Metrics that compare

    private struct Work: Sendable {
        let comparison: Comparison
        /// For each metric the others that it has no value of.
        let missing: [[Int]]
    }

    /// Measures with metrics that look at pairs, all on the same decoded images.
    func measure(pairwise metrics: [EvaluatedMetric]) throws -> [Measurements] {
        guard !metrics.isEmpty else { return [] }
        let journals = try metrics.map {
            try ValueJournal(settings.cacheFile($0.column.identity.fileName + ".values"), identity: $0.column.identity)
        }
        var results = [Measurements](repeating: Measurements(), count: metrics.count)
        var planned = Set<IndexPair>()
        let work: [Work] = comparisons.compactMap { comparison in
            let others = comparison.others.filter {
                planned.insert(IndexPair(a: comparison.reference, b: $0)).inserted
                    && images.keys[comparison.reference] != nil && images.keys[$0] != nil
            }
            let missing = journals.map { journal in
                others.filter { other in key(comparison.reference, other).map { journal[$0] == nil } ?? false }
            }
            return missing.allSatisfy(\.isEmpty) ? nil : Work(comparison: comparison, missing: missing)
        }
        try compute(work, metrics, journals, &results)
        for comparison in comparisons {
            for other in comparison.others {
                let pair = IndexPair(a: comparison.reference, b: other)
                for index in metrics.indices where results[index].failures[pair] == nil {
                    if let key = key(pair.a, pair.b), let value = journals[index][key] {
                        results[index].values[pair] = value
                    } else {
                        let culprit = images.keys[pair.a] == nil ? pair.a : pair.b
                        results[index].failures[pair] = "\(images.paths[culprit]): there is no such file"
                    }
                }
            }
        }
        return results
    }

    private func compute(
        _ work: [Work], _ metrics: [EvaluatedMetric], _ journals: [ValueJournal], _ results: inout [Measurements]
    ) throws {
        let name = metrics.map(\.column.name).joined(separator: ", ")
        let threads = PerceptualModel.threads
        // The images of a few comparisons are in memory at a time.
        let files = Lookahead(work.count, capacity: 2 * threads, threads: threads) { [images, settings] index in
            Self.decode(work[index], images, settings.decoding)
        }
        defer { files.cancel() }
        for (done, item) in work.enumerated() {
            guard let decoded = files.next() else { break }
            for (index, metric) in metrics.enumerated() where !item.missing[index].isEmpty {
                let start = ContinuousClock.now
                let outcomes = values(metric, item.comparison.reference, item.missing[index], decoded)
                results[index].seconds += (ContinuousClock.now - start) / .seconds(1)
                var found: [(key: String, value: Double)] = []
                for (other, outcome) in zip(item.missing[index], outcomes) {
                    switch outcome {
                    case .success(let value):
                        if let key = key(item.comparison.reference, other) { found.append((key, value)) }
                    case .failure(let error):
                        results[index].failures[IndexPair(a: item.comparison.reference, b: other)] = error.text
                    }
                }
                results[index].computed += found.count
                try journals[index].add(found)
            }
            try progress(EvaluationProgress(what: name, done: done + 1, total: work.count, unit: "comparisons"))
        }
    }

    private func key(_ a: Int, _ b: Int) -> String? {
        images.keys[a].flatMap { a in images.keys[b].map { ValueJournal.key(a, $0) } }
    }

    private struct Failure: Error {
        let text: String
    }

    private static func decode(
        _ work: Work, _ images: ImageTable, _ decoding: DecodingOptions
    ) -> [Int: Result<Image, Failure>] {
        var result: [Int: Result<Image, Failure>] = [:]
        for index in [work.comparison.reference] + Set(work.missing.joined()).sorted() where result[index] == nil {
            do {
                let image = try Image(contentsOfFile: images.paths[index].bytes, options: decoding)
                result[index] = .success(image)
            } catch {
                result[index] = .failure(Failure(text: "\(error)"))
            }
        }
        return result
    }

    /// A metric's values; one that fails does not keep the others from having theirs.
    private func values(
        _ metric: EvaluatedMetric, _ at: Int, _ others: [Int], _ images: [Int: Result<Image, Failure>]
    ) -> [Result<Double, Failure>] {
        func image(_ index: Int) -> Result<Image, Failure> {
            let result = images[index] ?? .failure(Failure(text: "\(self.images.paths[index]): was not decoded"))
            guard let side = settings.resize, case .full = metric.metric.card.size else { return result }
            // As `PairComparer` does.
            return result.map { $0.resized(width: side, height: side, filter: .bilinear, antialias: true) }
        }
        let others = others.map(image)
        let reference: Image
        switch image(at) {
        case .success(let image): reference = image
        case .failure(let failure): return others.map { _ in .failure(failure) }
        }
        var found = metric.metric.results(from: reference, to: others.compactMap { try? $0.get() })[...]
        return others.map { other in
            other.flatMap { _ in
                found.removeFirst().mapError { Failure(text: "\($0)") }
                    .flatMap {
                        $0.isNaN ? .failure(Failure(text: "\(metric.column.name) gives NaN")) : .success($0)
                    }
            }
        }
    }
}
