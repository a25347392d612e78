import DreamSim

extension Engine {
    /// How alike images are to a reference.
    struct Comparison: Sendable {
        let columns: [MetricColumn]
        /// For each image a value, or why there is none, of each metric; or why there are none at all.
        let results: [Result<[Result<Double, any Error>], Problem>]
        /// What was passed over in the files without harm, with their names.
        let warnings: [String]
    }

    /// The images that are computed in one turn by metrics other than models.
    private static let together = 4

    /// Compares images with a reference, by several metrics.
    /// - Throws: what keeps the reference from being used, `CancellationError`.
    func compare(
        _ reference: Upload, _ images: [Upload], by metrics: [any PerceptualMetric], resize: Int?,
        _ admission: Admission
    ) async throws -> Comparison {
        let prepared = try await prepare([reference] + images, preparation(for: metrics, resize: resize))
        let first = try prepared[0].get()
        let others = prepared.dropFirst().map { $0 }
        let good = others.compactMap { try? $0.get() }
        var columns: [[Result<Double, any Error>]] = []
        for metric in metrics {
            if let model = metric as? PerceptualModel {
                let embeddings = try await embed([first] + good, with: model, admission)
                columns.append(embeddings.dropFirst().map { other in Result { try other.distance(to: embeddings[0]) } })
            } else {
                columns.append(try await values(of: metric, first, good, admission))
            }
        }
        var row = 0
        let results = others.map { image in
            image.map { _ in
                defer { row += 1 }
                return columns.map { $0[row] }
            }
        }
        return Comparison(
            columns: metrics.map { MetricColumn($0, decoding: decoding, resize: resize) }, results: results,
            warnings: ([first] + good).flatMap { image in image.warnings.map { "\(image.name): \($0)" } })
    }

    /// How alike the images of pairs are. Each image is prepared and embedded once.
    /// - Parameter pairs: the places of two images in `images`.
    /// - Returns: for each pair what a `Comparison` has for an image.
    func compare(
        pairs: [(a: Int, b: Int)], of images: [Upload], by metrics: [any PerceptualMetric], resize: Int?,
        _ admission: Admission
    ) async throws -> Comparison {
        let prepared = try await prepare(images, preparation(for: metrics, resize: resize))
        let good = prepared.indices.filter { (try? prepared[$0].get()) != nil }
        var results: [Result<[Result<Double, any Error>], Problem>] = pairs.map { pair in
            prepared[pair.a].flatMap { _ in prepared[pair.b].map { _ in [] } }
        }
        func add(_ value: Result<Double, any Error>, to pair: Int) {
            results[pair] = results[pair].map { $0 + [value] }
        }
        for metric in metrics {
            if let model = metric as? PerceptualModel {
                let embeddings = try await embed(good.compactMap { try? prepared[$0].get() }, with: model, admission)
                let places = Dictionary(uniqueKeysWithValues: zip(good, embeddings))
                for (index, pair) in pairs.enumerated() {
                    guard let a = places[pair.a], let b = places[pair.b] else { continue }
                    add(Result { try b.distance(to: a) }, to: index)
                }
            } else {
                for (index, pair) in pairs.enumerated() {
                    guard let a = try? prepared[pair.a].get(), let b = try? prepared[pair.b].get() else { continue }
                    add(try await values(of: metric, a, [b], admission)[0], to: index)
                }
            }
        }
        return Comparison(
            columns: metrics.map { MetricColumn($0, decoding: decoding, resize: resize) }, results: results,
            warnings: good.compactMap { try? prepared[$0].get() }.flatMap { image in
                image.warnings.map { "\(image.name): \($0)" }
            })
    }

    /// The values of a metric that sees images as they are, a few at a time so that others have their turn.
    private func values(
        of metric: any PerceptualMetric, _ reference: PreparedImage, _ images: [PreparedImage], _ admission: Admission
    ) async throws -> [Result<Double, any Error>] {
        var values: [Result<Double, any Error>] = []
        for start in stride(from: 0, to: images.count, by: Self.together) {
            let part = Array(images[start..<min(start + Self.together, images.count)])
            values += try await batcher.perform(admission) {
                guard let first = reference.image else {
                    preconditionFailure("\(reference.name) without its image")
                }
                let images = part.compactMap(\.image)
                if let values = try? metric.values(from: first, to: images) { return values.map { .success($0) } }
                // An error is of the image that caused it.
                return images.map { image in Result { try metric.value(first, image) } }
            }
        }
        return values
    }

    /// Maps where two images differ.
    func map(
        _ metric: any PerceptualMetric, from reference: Upload, to image: Upload, _ admission: Admission
    ) async throws -> Heatmap {
        let prepared = try await prepare([reference, image], preparation(for: [metric], full: true))
        let (a, b) = (try prepared[0].get(), try prepared[1].get())
        return try await batcher.perform(admission) {
            guard let first = a.image, let second = b.image else { preconditionFailure("no images") }
            return try Heatmap(
                difference: metric, from: Heatmap.Source(path: ImagePath(a.name), image: first),
                to: Heatmap.Source(path: ImagePath(b.name), image: second))
        }
    }
}
