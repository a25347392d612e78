import Foundation

/// How sensitive metrics are to each alteration of an image, at several strengths.
package struct SensitivityReport: Sendable, Encodable {
    /// The image.
    package let image: ImagePath
    /// The columns at which it was altered and compared.
    package let width: Int
    /// The rows at which it was altered and compared.
    package let height: Int
    /// The random seed.
    package let seed: UInt64
    /// What a share of 1 is.
    package let scaling: String
    /// An image that shows something else, whose differences are the scales; nil when the largest differences are.
    package let unrelated: ImagePath?
    /// The metrics.
    package let metrics: [Metric]
    /// All measurements: by alteration, then by strength, then by metric.
    package let measurements: [Measurement]

    /// How an image is altered.
    package struct Settings: Sendable {
        /// The ways of altering.
        package var alterations: [Alteration]
        /// The random seed.
        package var seed: UInt64
        /// Larger images are first brought to this longer side, in pixels, at least 16.
        package var longestSide: Int

        /// Settings.
        package init(alterations: [Alteration] = Alteration.allCases, seed: UInt64 = 1, longestSide: Int = 512) {
            precondition(longestSide >= 16, "a side of \(longestSide)")
            self.alterations = alterations
            self.seed = seed
            self.longestSide = longestSide
        }

        /// The image as it is altered and compared.
        package func prepared(_ image: Image) -> Image {
            let longer = max(image.width, image.height)
            guard longer > longestSide else { return image }
            func scaled(_ side: Int) -> Int {
                max(1, Int((Double(side) * Double(longestSide) / Double(longer)).rounded()))
            }
            return image.resized(width: scaled(image.width), height: scaled(image.height))
        }
    }

    /// Alters an image and measures.
    /// - Parameters:
    ///   - source: the image.
    ///   - metrics: the metrics, at least one.
    ///   - unrelated: an image that shows something else, against which differences are scaled; it is stretched to the
    ///     first one's size. Without it the largest difference of each metric is its scale.
    ///   - settings: how the image is altered.
    ///   - progress: called with the number of alterations that are done.
    /// - Throws: as `PerceptualMetric.values(from:to:)`; `DreamSimError` with `.badSetting` when the unrelated image is the
    ///   same to a metric.
    package init(
        of source: Heatmap.Source, metrics: [any PerceptualMetric], unrelated: Heatmap.Source? = nil,
        settings: Settings = Settings(), progress: (Int) -> Void = { _ in }
    ) throws {
        let original = settings.prepared(source.image)
        var rows: [(Alteration, Double, metric: Int, value: Double)] = []
        for (done, alteration) in settings.alterations.enumerated() {
            let altered = try alteration.strengths.map {
                try alteration.applied(to: original, strength: $0, seed: settings.seed)
            }
            let values = try metrics.map { try $0.values(from: original, to: altered) }
            for (place, strength) in alteration.strengths.enumerated() {
                for index in metrics.indices { rows.append((alteration, strength, index, values[index][place])) }
            }
            progress(done + 1)
        }
        let other = unrelated.map { $0.image.resized(width: original.width, height: original.height) }
        let scales = try metrics.enumerated().map { index, metric in
            guard let other else {
                let largest = rows.filter { $0.metric == index }.map { metric.card.difference($0.value) }.max() ?? 0
                return largest > 0 ? largest : 1
            }
            let scale = metric.card.difference(try metric.value(original, other))
            guard scale > 0, scale.isFinite else {
                throw DreamSimError(
                    .badSetting, "\(unrelated?.path.description ?? "")",
                    "is no different from the image to \(metric.card.name); choose one that shows something else")
            }
            return scale
        }
        image = source.path
        (width, height, seed) = (original.width, original.height, settings.seed)
        self.unrelated = unrelated?.path
        scaling =
            unrelated.map { "1 is the difference from the unrelated image \($0.path.name)" }
            ?? "1 is the metric's largest difference in this set"
        self.metrics = zip(metrics, scales).map {
            Metric(card: $0.card, precision: $0.precision, scale: $1)
        }
        measurements = rows.map { alteration, strength, index, value in
            let card = metrics[index].card
            let difference = card.difference(value)
            return Measurement(
                alteration: alteration, strength: strength, unit: alteration.unit, metric: card.name, value: value,
                difference: difference, share: difference / scales[index])
        }
    }

    /// What one metric says of one altered image.
    package struct Measurement: Sendable, Encodable {
        /// How the image was altered.
        package let alteration: Alteration
        /// How strongly; `unit` says in what.
        package let strength: Double
        /// What the strength counts.
        package let unit: String
        /// The metric's name.
        package let metric: String
        /// The metric between the image and the altered one.
        package let value: Double
        /// How far the value is from that of identical images: 0 for the same, higher is more different.
        package let difference: Double
        /// The difference divided by the metric's scale: comparable between metrics.
        package let share: Double
    }

    /// One metric and what its differences are divided by.
    package struct Metric: Sendable, Encodable {
        /// What the metric is.
        package let card: MetricCard
        /// What linear layers and convolutions compute with; nil for float32.
        package let precision: Precision?
        /// The difference that counts as 1.
        package let scale: Double
    }
}

extension MetricCard {
    /// How far a value is from that of identical images, higher being more different. Where identical images have an
    /// infinite value, as with PSNR in decibels, it is 10^(-value / 20), which for PSNR is the root of the mean squared error.
    func difference(_ value: Double) -> Double {
        guard identical.isFinite else { return pow(10, -value / 20) }
        return direction == .lowerIsMoreAlike ? value - identical : identical - value
    }
}
