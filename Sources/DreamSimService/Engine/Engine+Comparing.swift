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
        let prepared = try await prepare([reference] + images, for: metrics, resize: resize)
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
            pairs, of: prepare(images, for: metrics, resize: resize), metrics, resize, admission)
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
                    values += try await batcher.perform(admission) { metric.results(from: reference, to: others) }
                }
            }
            for (pair, value) in zip(usable, values) { results[pair] = results[pair].map { $0 + [value] } }
        }
        return Comparison(
            columns: metrics.map { MetricColumn($0, decoding: decoding, resize: resize) }, results: results,
            warnings: good.compactMap { images[$0]?.warnings }.flatMap { $0 })
    }

    /// Maps where two images differ.
    func map(
        _ metric: any PerceptualMetric, from reference: Upload, to image: Upload, _ admission: Admission
    ) async throws -> Heatmap {
        let prepared = try await prepare([reference, image], for: [metric], inFull: true)
        let (a, b) = (try prepared[0].get(), try prepared[1].get())
        return try await batcher.perform(admission) {
            guard let first = a.image.image, let second = b.image.image else { preconditionFailure("no images") }
            return try Heatmap(
                difference: metric, from: Heatmap.Source(path: ImagePath(a.name), image: first),
                to: Heatmap.Source(path: ImagePath(b.name), image: second))
        }
    }
}
