package import Foundation

/// A calibration as one page with the curves of every metric.
package struct CalibrationPage {
    private let report: CalibrationReport

    /// Prepares a page.
    package init(_ report: CalibrationReport) {
        self.report = report
    }

    /// Writes the page; it appears whole or not at all.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func write(to url: URL) throws {
        try EvaluationFile.write(text(), to: url)
    }

    /// The page.
    package func text() -> String {
        let set = report.dataSet
        let cards = report.metrics.sorted { ($0.area.value ?? 0) > ($1.area.value ?? 0) }.map(card)
        let facts = Markup.definitions([
            (
                "labeled pairs",
                "\(Markup.text(set.name)), from <code>\(Markup.text(set.root))</code>; \(Markup.text(set.selection))"
            ),
            (
                "count",
                "\(Markup.value(report.positives)) the same, \(Markup.value(report.negatives)) not; \(report.skipped.count) skipped"
            ),
            ("digest", "<code>\(set.digest)</code>"),
            ("threshold", Markup.text(report.criterion)),
            (
                "intervals",
                "95&#8239;%: \(Markup.text("\(report.bootstrap)"))"
            ),
        ])
        return Page.text(
            title: "\(set.name): where to draw the line",
            body: """
                <header>
                <p class="kicker">\(Markup.text(set.name)) · \(Markup.text(report.criterion))</p>
                <h1>Where do images stop being the same?</h1>
                <p class="lead">A pair is classified as the same when it is at least as alike as the threshold. Left: the share of the \
                same that is found over the share of the others that is taken for it. Right: precision over the share \
                found. The ring is the threshold.</p>
                </header>
                <section><div class="cards">
                \(cards.joined(separator: "\n"))
                </div></section>
                <section><h2>How this was made</h2>\(facts)
                <p class="note">Made by <code>dreamsim calibrate</code>.</p></section>
                """)
    }

    private func card(_ metric: CalibrationReport.MetricResult) -> String {
        let cut = metric.threshold
        let roc = [(0, 0)] + metric.curve.map { ($0.falsePositiveRate, $0.truePositiveRate) }
        let precision = metric.curve.map { ($0.truePositiveRate, $0.precision) }
        let isLower = metric.column.direction == .lowerIsMoreAlike
        let interval = metric.thresholdInterval.map { " (\(Markup.value($0.low)) to \(Markup.value($0.high)))" } ?? ""
        var entries: [(term: String, text: String)] = [
            ("threshold", "<b>\(isLower ? "at most" : "at least") \(Markup.value(cut.value))</b>\(interval)"),
            (
                "there",
                "precision \(Markup.percent(cut.precision)), found \(Markup.percent(cut.recall)), "
                    + "false alarms \(Markup.percent(cut.falsePositiveRate)), F1 \(Markup.percent(cut.f1))"
            ),
            (
                "area under ROC",
                "\(Markup.percent(metric.area.value)) (\(Markup.percent(metric.area.interval))), n&#8239;=&#8239;\(metric.area.count)"
            ),
            (
                "average precision",
                "\(Markup.percent(metric.averagePrecision.value)) (\(Markup.percent(metric.averagePrecision.interval)))"
            ),
            ("direction", Markup.text(metric.column.direction.rawValue)),
            ("settings", Markup.text(metric.column.settings)),
            ("weights", "<code>\(Markup.text(metric.column.weights ?? "none"))</code>"),
        ]
        if metric.drawsWithoutThreshold > 0 {
            entries.insert(
                (
                    "caution",
                    "in \(Markup.percent(metric.drawsWithoutThreshold)) of the draws no threshold meets the criterion"
                ),
                at: 2)
        }
        return """
            <article class="card"><h3>\(Markup.text(metric.column.name))</h3>
            <div class="charts">\
            \(chart(roc, ring: (cut.falsePositiveRate, cut.recall), diagonal: true, x: "false positive rate", y: "true positive rate"))\
            \(chart(precision, ring: (cut.recall, cut.precision), diagonal: false, x: "recall", y: "precision"))\
            </div>\(Markup.definitions(entries))</article>
            """
    }

    private func chart(
        _ points: [(Double, Double)], ring: (Double, Double), diagonal: Bool, x: String, y: String
    ) -> String {
        let (left, side, top) = (34.0, 180.0, 10.0)
        func place(_ point: (Double, Double)) -> String {
            "\(Markup.place(left + point.0 * side)) \(Markup.place(top + (1 - point.1) * side))"
        }
        var drawing = "<rect class=\"frame\" x=\"\(left)\" y=\"\(top)\" width=\"\(side)\" height=\"\(side)\"/>"
        if diagonal { drawing += "<path class=\"dash\" d=\"M\(place((0, 0)))L\(place((1, 1)))\"/>" }
        drawing += "<path class=\"curve\" d=\"M\(points.map(place).joined(separator: "L"))\"/>"
        let center = place(ring).split(separator: " ")
        drawing += "<circle class=\"ring\" cx=\"\(center[0])\" cy=\"\(center[1])\" r=\"5\"/>"
        for (share, name) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
            drawing +=
                "<text x=\"\(left - 5)\" y=\"\(Markup.place(top + (1 - share) * side + 4))\" text-anchor=\"end\">\(name)</text>"
            drawing +=
                "<text x=\"\(left + share * side)\" y=\"\(top + side + 14)\" text-anchor=\"middle\">\(name)</text>"
        }
        return
            "<figure><svg viewBox=\"0 0 226 210\" role=\"img\">\(drawing)</svg><figcaption>\(y) over \(x)</figcaption></figure>"
    }
}
