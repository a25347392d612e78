import Foundation

/// Metrics beside opinions as one page, with the scatter and the curve of every metric.
struct OpinionPage {
    let report: OpinionReport

    init(_ report: OpinionReport) { self.report = report }

    /// The page.
    func text() -> String {
        let set = report.dataSet
        let ranked = report.metrics.sorted { abs($0.spearman.value ?? 0) > abs($1.spearman.value ?? 0) }
        let facts = Markup.definitions([
            (
                "scored images",
                "\(set.count), <code>\(Markup.text(set.layout))</code> from <code>\(Markup.text(set.root))</code>"
            ),
            (
                "curve",
                "\(Markup.text(report.curve.rawValue)) parameters, least squares; Pearson and RMSE are taken after it"
            ),
            ("intervals", "95&#8239;%: \(Markup.text("\(report.bootstrap)"))"),
            ("tests", "Steiger's Z of rank correlations without their signs, two-sided; not corrected for many tests"),
        ])
        return Page.text(
            title: "\(set.name): metrics beside opinions",
            body: """
                <header>
                <p class="kicker">\(Markup.text(set.name)) · \(set.count) images</p>
                <h1>Metrics beside opinions</h1>
                <p class="lead">Each dot is an image: the mean opinion over the metric's value. The line is the fitted curve.</p>
                </header>
                <section><h2>Correlations</h2>\(table(ranked))</section>
                <section><div class="cards">\(ranked.map(card).joined(separator: "\n"))</div></section>
                \(differences)
                <section><h2>How this was made</h2>\(facts)
                <p class="note">Made by <code>dreamsim evaluate mos</code>.</p></section>
                """)
    }

    private func row(_ head: String, _ cells: [String]) -> String {
        "<tr><th scope=\"row\">\(head)</th>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
    }

    private func scroll(_ titles: [String], _ rows: [String]) -> String {
        "<div class=\"scroll\"><table><thead><tr>" + titles.map { "<th>\($0)</th>" }.joined()
            + "</tr></thead><tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table></div>"
    }

    private func figure(_ value: Double?) -> String {
        value.map { String(format: "%.4f", $0).replacing("-", with: "−") } ?? "–"
    }

    private func figure(_ estimate: Estimate) -> String {
        let interval = estimate.interval.map { "<small>\(figure($0.low)) to \(figure($0.high))</small>" } ?? ""
        return figure(estimate.value) + interval
    }

    private func table(_ metrics: [OpinionReport.MetricResult]) -> String {
        scroll(
            ["metric", "Spearman", "Kendall", "Pearson after the curve", "RMSE", "n"],
            metrics.map {
                row(
                    Markup.text($0.name),
                    [
                        figure($0.spearman), figure($0.kendall), figure($0.pearson),
                        $0.rmse.map(Markup.value) ?? "–", "\($0.spearman.count)",
                    ])
            })
    }

    private var differences: String {
        guard !report.comparisons.isEmpty else { return "" }
        let rows = report.comparisons.map { comparison in
            row(
                "\(Markup.text(comparison.first)) − \(Markup.text(comparison.second))",
                [
                    figure(comparison.difference), comparison.z.map { String(format: "%.2f", $0) } ?? "–",
                    comparison.p.map { $0 < 1e-4 ? "&lt; 0.0001" : String(format: "%.4f", $0) } ?? "–",
                ])
        }
        return "<section><h2>Differences</h2>"
            + scroll(["difference of |Spearman|", "", "Steiger's Z", "p"], rows) + "</section>"
    }

    private func card(_ metric: OpinionReport.MetricResult) -> String {
        var parts = ""
        if !metric.parts.isEmpty {
            let rows = metric.parts.map {
                row(
                    Markup.text($0.distortion),
                    [figure($0.spearman), figure($0.kendall), figure($0.pearson), "\($0.count)"])
            }
            parts =
                "<details><summary>By distortion</summary>"
                + scroll(["distortion", "Spearman", "Kendall", "Pearson", "n"], rows) + "</details>"
        }
        let failures = Markup.details(metric.failures.sorted { $0.key < $1.key }, "images without a value") {
            "<b>\(Markup.text($0.key))</b>: \(Markup.text($0.value))"
        }
        return """
            <article class="card"><h3>\(Markup.text(metric.name))</h3>
            <div class="charts wide">\(chart(metric))</div>\(parts)\(failures)</article>
            """
    }

    /// The most dots that are drawn, evenly chosen: more are only a large file.
    private static let mostDots = 4000

    private func chart(_ metric: OpinionReport.MetricResult) -> String {
        let scores = report.set.items.map(\.score)
        let places = metric.values.indices.filter { metric.values[$0].isFinite }
        guard let least = places.map({ metric.values[$0] }).min(), let most = places.map({ metric.values[$0] }).max(),
            let low = places.map({ scores[$0] }).min(), let high = places.map({ scores[$0] }).max(),
            most > least, high > low
        else { return "" }
        let (left, top, width, height) = (44.0, 10.0, 380.0, 260.0)
        func x(_ value: Double) -> Double { left + 8 + (value - least) / (most - least) * (width - 16) }
        func y(_ value: Double) -> Double { top + 8 + (high - value) / (high - low) * (height - 16) }
        var drawing = "<rect class=\"frame\" x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\"/>"
        for tick in Ticks.round(from: least, to: most, about: 6) {
            drawing +=
                "<text x=\"\(Markup.place(x(tick.value)))\" y=\"\(top + height + 14)\" text-anchor=\"middle\">\(tick.label)</text>"
        }
        for tick in Ticks.round(from: low, to: high, about: 6) {
            drawing +=
                "<text x=\"\(left - 5)\" y=\"\(Markup.place(y(tick.value) + 4))\" text-anchor=\"end\">\(tick.label)</text>"
        }
        let step = max(1, (places.count + Self.mostDots - 1) / Self.mostDots)
        for place in stride(from: 0, to: places.count, by: step).map({ places[$0] }) {
            drawing +=
                "<circle class=\"dot\" fill-opacity=\"0.3\" cx=\"\(Markup.place(x(metric.values[place])))\" cy=\"\(Markup.place(y(scores[place])))\" r=\"2\"/>"
        }
        if let fit = metric.fit {
            let points = (0...120).map { least + (most - least) * Double($0) / 120 }
                .map { (x($0), y(min(max(fit($0), low - (high - low) * 0.03), high + (high - low) * 0.03))) }
            drawing +=
                "<path class=\"path held\" d=\"M"
                + points.map { "\(Markup.place($0.0)) \(Markup.place($0.1))" }.joined(separator: "L") + "\"/>"
        }
        return
            "<figure><svg viewBox=\"0 0 440 292\" role=\"img\" aria-label=\"opinions over \(Markup.text(metric.name))\">"
            + "\(drawing)</svg><figcaption>opinion over \(Markup.text(metric.name))</figcaption></figure>"
    }
}
