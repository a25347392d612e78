/// Compares pairs of files by several metrics at once.
///
/// Each file is read and decoded once for all metrics, ahead of the computations and on threads of its own; a file that
/// neighboring pairs share, such as a common reference, is also embedded once. Models see many images together.
/// Memory does not depend on the number of pairs.
///
/// ```swift
/// let comparer = try PairComparer([MetricCatalog.load("ssim"), MetricCatalog.load("lpips-alex")])
/// try comparer.compare(pairs) { outcome in print(outcome.index, outcome.result) }
/// ```
public struct PairComparer: Sendable {
    /// The metrics, in the order of the values.
    public let metrics: [any PerceptualMetric]
    /// How files become pixels, for metrics other than models that embed; those have their own way.
    public let decoding: DecodingOptions
    /// The side of the square to which both images are brought, bilinearly and antialiased, for metrics that compare
    /// them as they are; nil leaves them alone, and such metrics refuse images of different sizes.
    public let resize: Int?

    /// The images that are embedded together, or else the pairs that are computed together, and the pixels beyond which no
    /// more are taken in.
    private static let (together, pixelsTogether) = (8, 32 << 20)
    /// The pixels of images that are kept for later pairs.
    private static let pixelsKept = 64 << 20

    /// Sets up a comparison.
    public init(_ metrics: [any PerceptualMetric], decoding: DecodingOptions = .standard, resize: Int? = nil) {
        precondition(!metrics.isEmpty, "no metric")
        precondition(resize.map { $0 > 0 } ?? true, "resized to \(resize ?? 0)")
        self.metrics = metrics
        self.decoding = decoding
        self.resize = resize
    }

    /// What its values say, one column a metric.
    package var columns: [MetricColumn] {
        metrics.map { MetricColumn($0, decoding: decoding, resize: resize) }
    }

    /// Compares pairs, in their order. A file that cannot be read does not stop the others.
    /// - Parameter each: called with each pair's outcome. An error that it throws ends the work.
    public func compare(_ pairs: [ImagePair], each: (PairOutcome) throws -> Void) rethrows {
        try compare(count: pairs.count, pair: { .success(pairs[$0]) }, each: each)
    }

    /// Compares pairs that are made when they are needed, in their order.
    /// - Parameters:
    ///   - count: how many pairs there are.
    ///   - pair: the pair of an index, or why it is not known; called more than once for each, from any thread.
    ///   - each: called with each pair's outcome. An error that it throws ends the work.
    public func compare(
        count: Int, pair: @escaping @Sendable (Int) -> Result<ImagePair, PairFailure>,
        each: (PairOutcome) throws -> Void
    ) rethrows {
        let preparation = preparation
        let plan = LoadPlan(count: count) { try? pair($0).get() }
        let threads = Parallel.threads
        let files = Lookahead(
            plan.loads.count, capacity: preparation.needsPixels ? 2 * threads : 2 * Self.together,
            threads: threads > 1 ? threads : 0
        ) { load in
            let index = plan.loads[load]
            guard let pair = try? pair(index / 2).get() else { preconditionFailure("pair \(index / 2) has changed") }
            return PreparedFile(index % 2 == 0 ? pair.a : pair.b, preparation)
        }
        defer { files.cancel() }

        var recent = RecentlyUsed<ImagePath, PreparedFile>(capacity: LoadPlan.kept)
        func file(_ path: ImagePath) -> PreparedFile {
            if let known = recent.use(path) {
                known.reload(preparation)
                return known
            }
            let file = Timings.measure(.waiting) { files.next() } ?? PreparedFile(path, preparation)
            precondition(file.path == path, "\(file.path) in place of \(path)")
            recent.insert(path, file)
            return file
        }

        var index = 0
        while index < count {
            var jobs: [Job] = []
            var (pixels, waiting) = (0, Set<ImagePath>())
            repeat {
                var job = Job(index: index, pair: pair(index))
                if case .success(let pair) = job.pair {
                    let files = (file(pair.a), file(pair.b))
                    job.files = files
                    pixels += files.0.pixelCount + files.1.pixelCount
                    for file in [files.0, files.1] where file.waits { waiting.insert(file.path) }
                }
                jobs.append(job)
                index += 1
                // A long row of broken files is reported as it goes.
            } while index < count && pixels < Self.pixelsTogether && waiting.count < Self.together
                && (jobs.count < Self.together || !waiting.isEmpty)
            for outcome in outcomes(of: jobs) { try each(outcome) }
            var kept = 0
            for file in recent.newestFirst {
                kept += file.pixelCount
                if kept > Self.pixelsKept { file.dropImage() }
            }
        }
    }

    /// A pair at work.
    private struct Job {
        let index: Int
        let pair: Result<ImagePair, PairFailure>
        var files: (a: PreparedFile, b: PreparedFile)?

        /// Why it cannot be computed.
        var failure: PairFailure? {
            if case .failure(let failure) = pair { return failure }
            return files?.a.failure ?? files?.b.failure
        }
    }

    private var models: [any EmbeddingMetric] { metrics.compactMap { $0 as? any EmbeddingMetric } }

    private var preparation: ImagePreparation { ImagePreparation(metrics, decoding: decoding, resize: resize) }

    private func outcomes(of jobs: [Job]) -> [PairOutcome] {
        embed(jobs.flatMap { job in job.files.map { [$0.a, $0.b] } ?? [] })
        var values = [[Result<Double, any Error>]](repeating: [], count: jobs.count)
        let good = jobs.indices.filter { jobs[$0].failure == nil }
        let files = good.compactMap { jobs[$0].files }
        var model = 0
        for metric in metrics {
            var results: [Result<Double, any Error>]
            if metric is any EmbeddingMetric {
                results = files.map { a, b in Result { try b.embeddings[model].distance(to: a.embeddings[model]) } }
                model += 1
            } else {
                results = []
                // Neighbors with the same first file go together.
                while results.count < files.count {
                    let rest = files[results.count...]
                    let run = rest.prefix { $0.a === rest[rest.startIndex].a }
                    results += metric.results(from: run[run.startIndex].a.prepared, to: run.map(\.b.prepared))
                }
            }
            for (job, result) in zip(good, results) { values[job].append(result) }
        }
        return jobs.indices.map { i in
            PairOutcome(
                index: jobs[i].index, pair: try? jobs[i].pair.get(),
                result: jobs[i].failure.map { .failure($0) } ?? .success(values[i]),
                warnings: jobs[i].files.map { $0.a.takeWarnings() + $0.b.takeWarnings() } ?? [])
        }
    }

    /// Embeds what has not been embedded yet, with every model.
    private func embed(_ files: [PreparedFile]) {
        var waiting: [PreparedFile] = []
        for file in files where file.waits && !waiting.contains(where: { $0 === file }) { waiting.append(file) }
        guard !waiting.isEmpty else { return }
        let embeddings = models.map { model in
            model.embed(preprocessed: waiting.compactMap { $0.prepared.preprocessed[model.preprocessing] })
        }
        for (n, file) in waiting.enumerated() { file.keep(embeddings.map { $0[n] }) }
    }
}
