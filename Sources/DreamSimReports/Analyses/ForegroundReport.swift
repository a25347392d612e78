import Foundation

/// How much of the difference of two images lies in what they show, and how much in what is around it: metrics between the
/// whole images, with the backgrounds painted over, and with the foregrounds painted over.
///
/// Painting makes an edge where there was none, and the shape of a foreground shows in both painted versions; the three numbers
/// do not add up to anything.
package struct ForegroundReport: Sendable, Encodable {
    /// How the foreground was told.
    package let source: String
    /// What is painted over, as red, green and blue.
    package let neutralColor: RGB
    /// The first image.
    package let a: Side
    /// The second image.
    package let b: Side
    /// The metrics, in their order.
    package let metrics: [MetricColumn]
    /// What each metric says.
    package let measurements: [Measurement]

    /// The share of an image below which a part of it says nothing: next to all that is compared is paint.
    package static let leastShare = 0.01

    /// Measures.
    /// - Parameters:
    ///   - versions: the two images and their painted versions.
    ///   - metrics: the metrics, at least one.
    ///   - decoding: how the files became pixels.
    /// - Throws: as `PerceptualMetric.values(from:to:)`.
    package init(of versions: ForegroundVersions, metrics: [any PerceptualMetric], decoding: DecodingOptions) throws {
        source = versions.source
        neutralColor = versions.neutralColor
        a = Side(image: versions.a.path, foreground: versions.a.share)
        b = Side(image: versions.b.path, foreground: versions.b.share)
        self.metrics = metrics.map { MetricColumn($0, decoding: decoding) }
        let shares = [versions.a.share, versions.b.share]
        let hasForegrounds = shares.allSatisfy { $0 >= Self.leastShare }
        let hasBackgrounds = shares.allSatisfy { 1 - $0 >= Self.leastShare }
        measurements = try metrics.map { metric in
            Measurement(
                metric: metric.card.name, whole: try metric.value(versions.a.whole, versions.b.whole),
                foreground: hasForegrounds ? try metric.value(versions.a.foreground, versions.b.foreground) : nil,
                background: hasBackgrounds ? try metric.value(versions.a.background, versions.b.background) : nil)
        }
    }

    /// Draws the images and their painted versions, with what each metric says.
    package func sheet(of versions: ForegroundVersions) -> Image {
        func lines(_ value: (Measurement) -> Double?) -> [String] {
            measurements.map { "\($0.metric) " + MetricText.figure(value($0), digits: 4) }
        }
        func cells(_ version: ForegroundVersions.Version, _ isSecond: Bool) -> [ContactSheet.Cell] {
            let share = String(format: "%.0f %% of the image", version.share * 100)
            return [
                ContactSheet.Cell(
                    image: version.whole, title: version.path.name, lines: isSecond ? lines(\.whole) : ["whole"]),
                ContactSheet.Cell(
                    image: version.foreground, title: "foreground",
                    lines: isSecond ? lines(\.foreground) : [share]),
                ContactSheet.Cell(
                    image: version.background, title: "background", lines: isSecond ? lines(\.background) : []),
            ]
        }
        return ContactSheet(
            title: "Foreground or background?",
            subtitle: "Each metric between the whole images, and with either part painted over",
            cells: cells(versions.a, false) + cells(versions.b, true), columns: 3, cellSize: 260,
            footer: "foreground: \(source)"
        ).rendered()
    }

    /// What one metric says.
    package struct Measurement: Sendable, Encodable {
        /// The metric's name.
        package let metric: String
        /// Between the whole images.
        package let whole: Double
        /// With the background of both painted over: the foregrounds are compared. Nil where one of them is less than
        /// `leastShare` of its image.
        package let foreground: Double?
        /// With the foreground of both painted over: the backgrounds are compared. Nil likewise.
        package let background: Double?
    }

    /// One of the two images.
    package struct Side: Sendable, Encodable {
        /// The file.
        package let image: ImagePath
        /// The share of the image that is foreground, 0...1.
        package let foreground: Double
    }
}
