import Foundation

/// How metrics' values fall on pairs of each kind: photographs, what is made of them by compression, resizing and light edits,
/// other images of their scenes where these are known, and each other.
package struct KindCalibration: Sendable, Encodable {
    /// What was found of one metric.
    package struct MetricResult: Sendable, Encodable {
        /// What its numbers say.
        package let column: MetricColumn
        /// How they fall on pairs of each kind.
        package let kinds: PairKinds
    }

    /// What was found of each metric.
    package let metrics: [MetricResult]
    /// What could not be used, and why.
    package let skipped: [ComparisonReport.Failure]

    /// The qualities of the JPEG files that are made.
    private static let qualities = [90, 75, 50, 30]
    /// The light edits that are made.
    private static let edits: [(Alteration, Double)] = [
        (.brightness, 0.1), (.brightness, 0.25), (.contrast, 0.2), (.hue, 20), (.hue, 40), (.desaturation, 1),
        (.blur, 0.3), (.blur, 0.8), (.noise, 4), (.noise, 10), (.crop, 0.05), (.crop, 0.1), (.shift, 2), (.shift, 5),
        (.rotation, 2), (.rotation, 5), (.mirror, 1),
    ]
    /// Larger photographs are brought to this longer side before copies are made of them.
    private static let longestSide = 512
    /// About as many pairs of different photographs are compared.
    private static let unrelatedPairs = 1000

    /// What is made of photographs, for people.
    package static var recipe: String {
        "re-encoded: JPEG of quality \(qualities.map(String.init).joined(separator: ", ")), half the size, 160 pixels; edited: "
            + edits.map { "\($0.rawValue) \(String(format: "%g", $1))" }.joined(separator: ", ")
    }

    /// Measures.
    /// - Parameters:
    ///   - photographs: images of different things.
    ///   - scenes: pairs of images that show the same scene; nil where these are not known.
    ///   - comparer: the metrics, and how files become pixels.
    ///   - name: what the data are called.
    ///   - seed: the random seed of noise.
    ///   - progress: called with the number of photographs that are done.
    /// - Throws: `DreamSimError` with `.empty` when fewer than two photographs can be used.
    package init(
        of photographs: [ImagePath], scenes: PairTable? = nil, with comparer: PairComparer, name: String,
        seed: UInt64 = 1, progress: (Int) -> Void = { _ in }
    ) throws {
        var values = [[PairKind: [Double]]](repeating: [:], count: comparer.metrics.count)
        var skipped: [ComparisonReport.Failure] = []
        var usable: [ImagePath] = []
        var digests: Set<String> = []
        for (done, path) in photographs.enumerated() {
            do {
                let image = SensitivityReport.Settings(longestSide: Self.longestSide)
                    .prepared(try Image(contentsOfFile: path.bytes, options: comparer.decoding))
                guard digests.insert(SHA256Digest.hex(of: image.pixels)).inserted else {
                    skipped.append(
                        .init(image: path, error: "shows the same as another; each must show something else"))
                    progress(done + 1)
                    continue
                }
                for (kind, copies) in try Self.copies(of: image, seed: seed) {
                    for (index, metric) in comparer.metrics.enumerated() {
                        values[index][kind, default: []] += try metric.values(from: image, copies)
                    }
                }
                usable.append(path)
            } catch {
                skipped.append(ComparisonReport.Failure(image: path, error: "\(error)"))
            }
            progress(done + 1)
        }
        guard usable.count > 1 else {
            throw DreamSimError(
                .empty, name, "at least two different photographs are needed; \(usable.count) can be used")
        }
        // Each photograph with those that come after it, so that few have to be held at a time.
        let steps = min(max(1, Self.unrelatedPairs / usable.count), max(1, (usable.count - 1) / 2))
        let unrelated = usable.indices.flatMap { first in
            (1...steps).map { ImagePair(usable[first], usable[(first + $0) % usable.count]) }
        }
        func measure(
            _ kind: PairKind, _ count: Int, _ pair: @escaping @Sendable (Int) -> Result<ImagePair, PairFailure>
        ) {
            comparer.compare(count: count, pair: pair) { outcome in
                switch outcome.result {
                case .success(let results):
                    for (index, result) in results.enumerated() {
                        switch result {
                        case .success(let value): if !value.isNaN { values[index][kind, default: []].append(value) }
                        case .failure(let error):
                            let image = outcome.pair?.b ?? photographs[0]
                            skipped.append(
                                ComparisonReport.Failure(
                                    image: image, error: "\(comparer.columns[index].name): \(error.plainReason)"))
                        }
                    }
                case .failure(let failure):
                    let image = failure.image ?? outcome.pair?.b ?? scenes?.path ?? photographs[0]
                    skipped.append(ComparisonReport.Failure(image: image, error: "\(failure)"))
                }
            }
        }
        measure(.unrelated, unrelated.count) { .success(unrelated[$0]) }
        if let scenes { measure(.scene, scenes.count) { scenes[$0].pair } }
        metrics = zip(comparer.columns, values).map { column, values in
            MetricResult(
                column: column,
                kinds: PairKinds(
                    dataSet: name, direction: column.direction,
                    distributions: values.compactMapValues { DistanceDistribution($0)?.brief }))
        }
        self.skipped = skipped
    }

    /// What compression, resizing and light edits make of an image.
    private static func copies(of image: Image, seed: UInt64) throws -> [PairKind: [Image]] {
        func scaled(_ share: Double) -> Image {
            image.resized(
                width: max(1, Int((Double(image.width) * share).rounded())),
                height: max(1, Int((Double(image.height) * share).rounded())))
        }
        let thumbnail = scaled(min(1, 160 / Double(max(image.width, image.height))))
        return [
            .reencoded: try qualities.map {
                try Alteration.jpeg.applied(to: image, strength: Double(100 - $0), seed: seed)
            }
                + [scaled(0.5), thumbnail],
            .edited: try edits.map { try $0.applied(to: image, strength: $1, seed: seed) },
        ]
    }
}

extension PerceptualMetric {
    /// The metric between an image and copies of it, which are brought to its size where the metric compares pixels.
    fileprivate func values(from image: Image, _ copies: [Image]) throws -> [Double] {
        guard case .full = card.size else { return try values(from: image, to: copies) }
        return try values(
            from: image,
            to: copies.map { copy in
                copy.width == image.width && copy.height == image.height
                    ? copy : copy.resized(width: image.width, height: image.height)
            })
    }
}
