import Synchronization

extension Engine {
    /// How alike images are to a reference.
    struct Comparison: Sendable {
        let columns: [MetricColumn]
        /// For each image a value, or why there is none, of each metric; or why there are none at all.
        let results: [Result<[Result<Double, any Error>], Problem>]
        /// What was passed over in the files without harm, with their names.
        let warnings: [String]
    }

    /// The images that are computed in one turn by metrics that do not embed.
    private static let together = 4

    /// Compares images with a reference, by several metrics.
    /// - Throws: what keeps the reference from being used, `CancellationError`.
    func compare(
        _ reference: Upload, _ images: [Upload], by metrics: [any PerceptualMetric], resize: Int?,
        _ admission: Admission
    ) async throws -> Comparison {
        let prepared = try await prepare([reference] + images, for: metrics, resize: resize, admission)
        _ = try prepared[0].get()
        return try await compare(images.indices.map { (a: 0, b: $0 + 1) }, of: prepared, metrics, resize, admission)
    }

    /// Compares pairs of images. Each image is prepared and embedded once.
    /// - Parameter pairs: the places of two images in `images`.
    /// - Returns: for each pair what a `Comparison` has for an image.
    func compare(
        pairs: [(a: Int, b: Int)], of images: [Upload], by metrics: [any PerceptualMetric], resize: Int?,
        _ admission: Admission
    ) async throws -> Comparison {
        try await compare(
            pairs, of: prepare(images, for: metrics, resize: resize, admission), metrics, resize, admission)
    }

    private func compare(
        _ pairs: [(a: Int, b: Int)], of prepared: [Result<PreparedUpload, Problem>],
        _ metrics: [any PerceptualMetric], _ resize: Int?, _ admission: Admission
    ) async throws -> Comparison {
        let images = prepared.map { try? $0.get() }
        let good = images.indices.filter { images[$0] != nil }
        var results: [Result<[Result<Double, any Error>], Problem>] = pairs.map { pair in
            prepared[pair.a].flatMap { _ in prepared[pair.b].map { _ in [] } }
        }
        let usable = pairs.indices.filter { images[pairs[$0].a] != nil && images[pairs[$0].b] != nil }
        try reserve(
            metrics.map { metric in
                if let model = metric as? any EmbeddingMetric { return Demand(model, images: good.count) }
                return Demand(metric, pairs: usable.map { seen(images, pairs[$0], by: metric) })
            }, admission)
        for metric in metrics {
            var values: [Result<Double, any Error>] = []
            if let model = metric as? any EmbeddingMetric {
                let embeddings = try await embed(good.compactMap { images[$0] }, with: model, admission)
                let places = Dictionary(uniqueKeysWithValues: zip(good, embeddings))
                for pair in usable.map({ pairs[$0] }) {
                    guard let a = places[pair.a], let b = places[pair.b] else { continue }
                    values.append(Result { try b.distance(to: a) })
                }
            } else {
                // A few neighbors with the same first image at a time, so that others have their turn.
                while values.count < usable.count {
                    let first = pairs[usable[values.count]].a
                    let run = usable[values.count...].prefix(Self.together).prefix { pairs[$0].a == first }
                    let others = run.compactMap { images[pairs[$0].b]?.image }
                    guard let reference = images[first]?.image else { preconditionFailure("no image \(first)") }
                    let pixels = run.map { seen(images, pairs[$0], by: metric) }
                    let size = reference.size(for: metric)
                    let memory = metric.mostWorkingBytes(width: size.width, height: size.height, images: others.count)
                    values += try await perform(Demand(metric, pairs: pixels), memory: memory, admission) {
                        metric.results(from: reference, to: others)
                    }
                }
            }
            for (pair, value) in zip(usable, values) { results[pair] = results[pair].map { $0 + [value] } }
        }
        return Comparison(
            columns: metrics.map { MetricColumn($0, decoding: decoding, resize: resize) }, results: results,
            warnings: good.compactMap { images[$0]?.warnings }.flatMap { $0 })
    }

    /// The pixels that a metric sees of a pair.
    private func seen(
        _ images: [PreparedUpload?], _ pair: (a: Int, b: Int), by metric: any PerceptualMetric
    ) -> (Int, Int) {
        func pixels(_ place: Int) -> Int {
            images[place].map { $0.image.size(for: metric) }.map { $0.width * $0.height } ?? 0
        }
        return (pixels(pair.a), pixels(pair.b))
    }

    /// Computes what a metric that sees images has of some pairs, or a cutout, and notes how long that takes.
    func perform<R: Sendable>(
        _ demand: Demand, memory: Int, _ admission: Admission, _ body: @escaping @Sendable () throws -> R
    ) async throws -> R {
        guard memory <= limits.workingBytes else {
            throw Problem(
                .tooLarge,
                "\(demand.name) needs \(memory) bytes for images of this shape, and passes the limit of \(limits.workingBytes)",
                advice: demand.advice
                    ?? "send images that are less wide, give resize=SIDE, or choose another metric")
        }
        let megapixels = CostEstimates.megapixels(demand.pixels)
        let isWhole = Atomic(false)
        return try await batcher.perform(
            admission, memory: memory,
            took: { [costs, name = demand.name] seconds in
                costs.note(
                    name, megapixels: megapixels, seconds: seconds, isWhole: isWhole.load(ordering: .acquiring))
            },
            {
                let result = try body()
                try Interruption.check()
                isWhole.store(true, ordering: .releasing)
                return result
            })
    }

    /// Maps where two images differ.
    func map(
        _ metric: any PerceptualMetric, from reference: Upload, to image: Upload, _ admission: Admission
    ) async throws -> Heatmap {
        let prepared = try await prepare([reference, image], for: [metric], inFull: true, admission)
        let (a, b) = (try prepared[0].get(), try prepared[1].get())
        let full = (a.image.pixelCount, b.image.pixelCount)
        // A value and a map: twice the work of a value.
        let demand =
            (metric as? any EmbeddingMetric).map { Demand($0, images: 4) }
            ?? Demand(metric, pairs: [full, full])
        try reserve([demand], admission)
        let (width, height) = b.image.image.map { ($0.width, $0.height) } ?? (0, 0)
        // Maps of all depths, and what they add up to.
        let memory =
            metric.mostWorkingBytes(width: width, height: height, images: 1) + 16 * width * height
        return try await perform(demand, memory: memory, admission) {
            guard let first = a.image.image, let second = b.image.image else { preconditionFailure("no images") }
            return try Heatmap(
                difference: metric, from: Heatmap.Source(path: ImagePath(a.name), image: first),
                to: Heatmap.Source(path: ImagePath(b.name), image: second))
        }
    }
}
