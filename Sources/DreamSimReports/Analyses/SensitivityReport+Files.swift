package import Foundation

extension SensitivityReport {
    /// The layouts, each by its file name extension.
    package enum Format: String, Sendable, CaseIterable {
        /// The charts as pixels.
        case png
        /// The charts as pixels.
        case jpg
        /// The charts as vectors.
        case svg
        /// A page with the charts and all numbers, which needs nothing else.
        case html
        /// A line a measurement.
        case csv
        /// Everything.
        case json
    }

    /// Writes the report to a file, which appears whole or not at all.
    /// - Throws: `DreamSimError` with `.unwritable`; `DreamSimError`.
    package func write(as format: Format, to url: URL) throws {
        switch format {
        case .png, .jpg: try charts.drawing().rendered().write(to: url)
        case .svg: try WholeFile.write(charts.drawing().svg(title: charts.title), to: url)
        case .html: try WholeFile.write(page(), to: url)
        case .csv: try WholeFile.write(csv(), to: url)
        case .json: try WholeFile.write(try JSON.text(self) + "\n", to: url)
        }
    }

    /// A chart for each alteration, with a line for each metric.
    package var charts: LineCharts {
        let alterations = Alteration.allCases.filter { alteration in
            measurements.contains { $0.alteration == alteration }
        }
        return LineCharts(
            title: "Sensitivity of metrics",
            subtitle: "Difference from \(image.name) by strength of alteration; \(scaling)",
            names: metrics.map { $0.card.name + ($0.precision.map { " in \($0.rawValue)" } ?? "") },
            panels: alterations.map { alteration in
                LineCharts.Panel(
                    title: alteration.rawValue, unit: alteration.unit,
                    places: ["0"] + alteration.strengths.map(Self.figure),
                    series: metrics.map { metric in
                        [0]
                            + measurements.filter { $0.alteration == alteration && $0.metric == metric.card.name }
                            .map(\.share)
                    })
            },
            footer: "compared at \(width) × \(height) pixels, seed \(seed); strengths are spaced evenly"
                + (metrics.contains { !$0.card.identical.isFinite } ? "; psnr as 10^(-value / 20), an error" : ""))
    }

    /// The altered images side by side, with what each metric says.
    /// - Parameters:
    ///   - source: the image that was altered.
    ///   - settings: how it was altered.
    package func sheet(of source: Heatmap.Source, settings: Settings) throws -> Image {
        let original = settings.prepared(source.image)
        var cells: [ContactSheet.Cell] = []
        for alteration in settings.alterations {
            for strength in alteration.strengths {
                let shares = measurements.filter { $0.alteration == alteration && $0.strength == strength }
                cells.append(
                    ContactSheet.Cell(
                        image: try alteration.applied(to: original, strength: strength, seed: seed),
                        title: alteration.rawValue, figure: Self.figure(strength),
                        lines: shares.map { "\($0.metric) " + String(format: "%.3f", $0.share) }))
            }
        }
        return ContactSheet(
            title: "Sensitivity of metrics", subtitle: "Alterations of \(image.name); \(scaling)",
            reference: nil, cells: cells, columns: 5, cellSize: 176,
            footer: "at \(width) × \(height) pixels, seed \(seed)"
        ).rendered()
    }

    /// A strength as it is written.
    private static func figure(_ value: Double) -> String {
        value == value.rounded() ? String(format: "%.0f", value) : "\(value)"
    }

    private func csv() -> String {
        CSV.line([
            "alteration", "strength", "unit", "metric", "value", "direction", "difference", "share", "scaling", "image",
            "seed", "weights", "precision",
        ])
            + measurements.map { row in
                let metric = metrics.first { $0.card.name == row.metric }
                let card = metric?.card
                return CSV.line([
                    row.alteration.rawValue, "\(row.strength)", row.unit, row.metric, "\(row.value)",
                    card?.direction.rawValue ?? "", "\(row.difference)", "\(row.share)", scaling, "\(image)", "\(seed)",
                    card?.weights ?? "", (metric?.precision).map(\.rawValue) ?? "",
                ])
            }.joined()
    }

    private func page() -> String {
        let rows = measurements.map { row in
            [
                row.alteration.rawValue, Self.figure(row.strength), row.unit, row.metric,
                String(format: "%.5f", row.value), String(format: "%.3f", row.share),
            ]
        }
        return ChartPage.html(
            title: "Sensitivity of metrics: \(image.name)", svg: charts.drawing().svg(title: charts.title),
            key: metrics.map { metric in
                "\(metric.card.name)\(metric.precision.map { " in \($0.rawValue)" } ?? ""): \(metric.card.summary); \(metric.card.direction.rawValue); "
                    + String(format: "a share of 1 is a difference of %.5g", metric.scale)
            },
            rows: [["alteration", "strength", "unit", "metric", "value", "share"]] + rows)
    }
}
