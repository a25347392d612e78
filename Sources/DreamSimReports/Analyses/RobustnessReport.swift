import Foundation

/// How robust metrics are: how far mild alterations take an image, as a share of how far different images are apart, and
/// whether the altered copy's original is still the nearest of all.
package struct RobustnessReport: Sendable, Encodable {
    /// The number of different images.
    package let images: Int
    /// Files whose image is equal to one that counts, and does not count again.
    package let duplicates: [ImagePath]
    /// Files that cannot be read.
    package let failures: [ComparisonReport.Failure]
    /// The files that were found and, being more than the limit, not read.
    package let leftOut: Int
    /// The side of the square at which images are altered and compared, in pixels.
    package let side: Int
    /// How images became squares.
    package let preprocessing: String
    /// The random seed.
    package let seed: UInt64
    /// The metrics that have values, in the order in which they were given.
    package let metrics: [Metric]
    /// Why metrics have no values, by their names; nil when all have.
    package let errors: [String: String]?
    /// What was found, one an alteration and strength, in their order.
    package let results: [Entry]

    /// How images are altered and compared.
    package struct Settings: Sendable {
        /// The alterations, each at one strength; no two are the same.
        package var steps: [Alteration.Step]
        /// The random seed: of noise, and of which distractors are drawn.
        package var seed: UInt64
        /// The most other images that an original competes with under metrics that do not embed, at least 1; nil for all.
        /// Metrics that embed always see all.
        package var distractors: Int?
        /// The number of images that pass a model together, at least 1.
        package var batch: Int

        /// Settings.
        package init(
            steps: [Alteration.Step] = Alteration.mild, seed: UInt64 = 1, distractors: Int? = 20, batch: Int = 8
        ) {
            (self.steps, self.seed, self.distractors, self.batch) = (steps, seed, distractors, batch)
        }
    }

    /// One metric, and what its numbers are measured by.
    package struct Metric: Sendable {
        /// What its numbers say.
        package let column: MetricColumn
        /// The median difference of different images, which is the share 1.
        package let scale: Double
        /// The pairs of different images that this is the median of.
        package let pairs: Int
        /// The images among which an original must be the nearest, itself included.
        package let candidates: Int
    }

    /// What metrics say of one alteration at one strength. All numbers are by the metrics' names.
    package struct Entry: Sendable, Encodable {
        /// How images were altered.
        package let alteration: Alteration
        /// How strongly; `unit` says in what.
        package let strength: Double
        /// What the strength counts.
        package let unit: String
        /// Both in words, such as `blur 2 px`.
        package let label: String
        /// The median metric between an image and its altered copy.
        package let values: [String: Double]
        /// The median difference of an image and its altered copy divided by the metric's `scale`: 0 for the same, 1 for as
        /// far as different images are apart.
        package let shares: [String: Double]
        /// How often the original is the nearest of all candidates to the altered copy, 0...1. That another is as near counts
        /// as a miss.
        package let recallAt1: [String: Double]
    }

    /// Alters every image, and compares.
    /// - Parameters:
    ///   - set: the images.
    ///   - metrics: at least one, no two of the same name. One that fails does not keep the others from having values.
    ///   - settings: how images are altered and compared.
    ///   - progress: called with the number of images, altered or not, that are done, and of all.
    /// - Throws: `DreamSimError` when an image cannot be altered, or when there are fewer than two.
    package init(
        of set: RobustnessSet, metrics: [any PerceptualMetric], settings: Settings = Settings(),
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws {
        precondition(!metrics.isEmpty && settings.batch > 0 && settings.distractors ?? 1 > 0, "\(settings)")
        guard set.images.count > 1 else {
            throw DreamSimError(.empty, "robustness", "is measured between different images; give at least two")
        }
        let columns = metrics.map {
            MetricColumn($0, decoding: set.preprocessing.decoding, resize: set.preprocessing.side)
        }
        let findings = try RobustnessMeasuring(images: set.images.map(\.image), settings: settings)
            .findings(of: metrics, progress: progress)
        var (measured, errors): ([Metric], [String: String]) = ([], [:])
        var entries = settings.steps.map { _ in
            (values: [String: Double](), shares: [String: Double](), recall: [String: Double]())
        }
        for ((metric, column), outcome) in zip(zip(metrics, columns), findings) {
            do {
                let found = try outcome.get()
                let name = column.name
                guard !(found.apart + found.altered.joined().map(\.value)).contains(where: \.isNaN) else {
                    throw DreamSimError(.badValue, name, "gives NaN for some of the images")
                }
                let scale = Self.median(found.apart.map(metric.card.difference))
                guard scale > 0, scale.isFinite else {
                    throw DreamSimError(
                        .badSetting, name, "different images have a median difference of \(scale); choose others")
                }
                measured.append(
                    Metric(column: column, scale: scale, pairs: found.apart.count, candidates: found.candidates))
                for step in entries.indices {
                    let values = found.altered[step].map(\.value)
                    entries[step].values[name] = Self.median(values)
                    entries[step].shares[name] = Self.median(values.map(metric.card.difference)) / scale
                    entries[step].recall[name] =
                        Double(found.altered[step].count { $0.isNearest }) / Double(values.count)
                }
            } catch {
                errors[column.name] = "\(error)"
            }
        }
        (images, duplicates, failures) = (set.images.count, set.duplicates, set.failures)
        (leftOut, side, seed) = (set.leftOut, set.preprocessing.side, settings.seed)
        preprocessing = "\(set.preprocessing)"
        self.metrics = measured
        self.errors = errors.isEmpty ? nil : errors
        results = zip(settings.steps, entries).map { step, entry in
            Entry(
                alteration: step.alteration, strength: step.strength, unit: step.alteration.unit,
                label: step.label(side: set.preprocessing.side), values: entry.values, shares: entry.shares,
                recallAt1: entry.recall)
        }
    }

    /// The middle value, or the mean of the two in the middle.
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

extension RobustnessReport.Metric: Encodable {
    private enum CodingKeys: String, CodingKey { case scale, pairs, candidates }

    /// Writes the members of the column, then what the numbers are measured by.
    package func encode(to encoder: any Encoder) throws {
        try column.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(scale, forKey: .scale)
        try container.encode(pairs, forKey: .pairs)
        try container.encode(candidates, forKey: .candidates)
    }
}
