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
            names: metrics.map(\.card.name),
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
            "seed", "weights",
        ])
            + measurements.map { row in
                let card = metrics.first { $0.card.name == row.metric }?.card
                return CSV.line([
                    row.alteration.rawValue, "\(row.strength)", row.unit, row.metric, "\(row.value)",
                    card?.direction.rawValue ?? "", "\(row.difference)", "\(row.share)", scaling, "\(image)", "\(seed)",
                    card?.weights ?? "",
                ])
            }.joined()
    }

    private func page() -> String {
        func cell(_ text: String, _ tag: String = "td") -> String { "<\(tag)>\(HTML.escaped(text))</\(tag)>" }
        let rows = measurements.map { row in
            "<tr>" + cell(row.alteration.rawValue) + cell(Self.figure(row.strength)) + cell(row.unit) + cell(row.metric)
                + cell(String(format: "%.5f", row.value)) + cell(String(format: "%.3f", row.share)) + "</tr>\n"
        }.joined()
        let head = ["alteration", "strength", "unit", "metric", "value", "share"].map { cell($0, "th") }.joined()
        let key = metrics.map { metric in
            "<li>\(HTML.escaped("\(metric.card.name): \(metric.card.summary); \(metric.card.direction.rawValue); "))"
                + String(format: "a share of 1 is a difference of %.5g", metric.scale) + "</li>\n"
        }.joined()
        let style = """
            body { font: 15px/1.5 Inter, "Noto Sans", "DejaVu Sans", sans-serif; color: #16202c; margin: 2rem auto; max-width: 1200px; padding: 0 1rem; }
            svg { max-width: 100%; height: auto; }
            table { border-collapse: collapse; font-size: 13px; }
            th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #e3e7ec; }

            """
        return HTML.page(
            title: "Sensitivity of metrics: \(image.name)", style: Array(style.utf8),
            body: """
                \(charts.drawing().svg(title: charts.title))
                <ul>
                \(key)</ul>
                <details><summary>All \(measurements.count) measurements</summary>
                <table><thead><tr>\(head)</tr></thead>
                <tbody>
                \(rows)</tbody></table></details>
                """)
    }
}
