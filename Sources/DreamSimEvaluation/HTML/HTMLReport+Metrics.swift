import Foundation

extension HTMLReport {
    /// One card a metric: where it can be trusted, how its values fall, what it is.
    var metricCards: String {
        let makesChoices = report.dataSet.task != .sameOrNot
        let explanation =
            makesChoices
            ? "On the left: agreement with people where the metric's choice is unclear, up to where it is clear "
                + "(judgments in equal groups by the difference of the two values). " : ""
        return """
            <section>
            <h2>Each metric</h2>
            <p class="note">\(explanation)\(makesChoices ? "On the right: how" : "How") values fall on images \
            that belong together and on unrelated ones, the references of different judgments.</p>
            <div class="cards">
            \(ranked.map { card(report.metrics[$0]) }.joined(separator: "\n"))
            </div>
            </section>
            """
    }

    private func card(_ metric: EvaluationReport.MetricResult) -> String {
        let charts = [
            metric.reliability.isEmpty ? nil : reliability(metric), distances(metric),
        ].compactMap { $0 }
        var entries: [(term: String, text: String)] = [
            ("direction", Markup.text(metric.column.direction.rawValue)),
            ("settings", Markup.text(metric.column.settings)),
        ]
        if let weights = metric.column.weights {
            entries.append(
                ("weights", "<code title=\"\(Markup.text(weights))\">\(Markup.text(weights.prefix(16)))</code>"))
        }
        if let interpolated = metric.interpolatedPrecision {
            entries.append(("average precision as LPIPS computes it", Markup.percent(interpolated)))
        }
        if let meaning = meaning(metric) { entries.append(("what a value means", meaning)) }
        if let seen = metric.seen {
            entries.append(
                ("\(seen.use.rawValue) on", "\(seen.judgments) of these judgments: \(Markup.text(seen.data))"))
        }
        if !metric.failures.isEmpty { entries.append(("without a value", "\(metric.failures.count) judgments")) }
        return """
            <article class="card">
            <h3>\(Markup.text(metric.column.name))</h3>
            <p class="note">\(Markup.text(metric.column.summary))</p>
            <div class="charts">\(charts.joined())</div>
            \(Markup.definitions(entries))
            </article>
            """
    }

    /// The values at which a tenth and half of the unrelated pairs are more alike.
    private func meaning(_ metric: EvaluationReport.MetricResult) -> String? {
        guard let unrelated = metric.unrelated else { return nil }
        let isLower = metric.column.direction == .lowerIsMoreAlike
        func quantile(_ share: Double) -> String { Markup.value(unrelated.quantile(isLower ? share : 1 - share)) }
        return "\(quantile(0.01)): closer than 99&#8239;% of unrelated pairs; \(quantile(0.1)): than 90&#8239;%; "
            + "\(quantile(0.5)): than half (n&#8239;=&#8239;\(unrelated.count))"
    }

    // MARK: - Drawings

    private static let size = (width: 260.0, height: 150.0)
    private static let frame = (left: 34.0, right: 252.0, top: 10.0, bottom: 122.0)

    private func reliability(_ metric: EvaluationReport.MetricResult) -> String {
        let frame = Self.frame
        let step = (frame.right - frame.left) / Double(metric.reliability.count)
        func y(_ share: Double) -> Double { frame.bottom - share * (frame.bottom - frame.top) }
        var drawing = ""
        for share in [0, 0.5, 1] {
            let isChance = share == 0.5 && report.dataSet.task == .twoAlternatives
            drawing +=
                "<line class=\"\(isChance ? "dash" : "grid")\" x1=\"\(frame.left)\" x2=\"\(frame.right)\" "
                + "y1=\"\(Markup.place(y(share)))\" y2=\"\(Markup.place(y(share)))\"/>"
                + "<text x=\"\(frame.left - 5)\" y=\"\(Markup.place(y(share) + 3.5))\" text-anchor=\"end\">"
                + "\(Int(share * 100))%</text>"
        }
        var points: [String] = []
        for (index, bin) in metric.reliability.enumerated() {
            let x = frame.left + (Double(index) + 0.5) * step
            let title =
                "\(Markup.percent(bin.score)) (\(Markup.percent(bin.interval))) of \(bin.count) judgments with a "
                + "difference of \(Markup.value(bin.lowestMargin)) to \(Markup.value(bin.highestMargin))"
            points.append("\(Markup.place(x)),\(Markup.place(y(bin.score)))")
            drawing +=
                "<g><title>\(title)</title><line class=\"whisker\" x1=\"\(Markup.place(x))\" x2=\"\(Markup.place(x))\" "
                + "y1=\"\(Markup.place(y(bin.interval.low)))\" y2=\"\(Markup.place(y(bin.interval.high)))\"/>"
                + "<circle class=\"dot\" cx=\"\(Markup.place(x))\" cy=\"\(Markup.place(y(bin.score)))\" r=\"4\"/></g>"
        }
        drawing += "<polyline class=\"path\" points=\"\(points.joined(separator: " "))\"/>"
        drawing += "<text x=\"\(frame.left)\" y=\"140\">unclear</text>"
        drawing += "<text x=\"\(frame.right)\" y=\"140\" text-anchor=\"end\">clear</text>"
        return figure(drawing, "agreement with people")
    }

    private func distances(_ metric: EvaluationReport.MetricResult) -> String? {
        let sorts = [("unrelated", metric.unrelated), ("related", metric.related)].compactMap { name, distribution in
            distribution.map { (name: name, values: $0.values.filter(\.isFinite), count: $0.count) }
        }.filter { !$0.values.isEmpty }
        let all = sorts.flatMap(\.values)
        guard let low = all.min(), let high = all.max(), high > low else { return nil }
        let (frame, bins) = (Self.frame, 26)
        let step = (frame.right - frame.left) / Double(bins)
        var drawing =
            "<line class=\"grid\" x1=\"\(frame.left)\" x2=\"\(frame.right)\" y1=\"\(frame.bottom)\" y2=\"\(frame.bottom)\"/>"
        var shares: [(name: String, shares: [Double], count: Int)] = []
        for sort in sorts {
            var counts = [Double](repeating: 0, count: bins)
            for value in sort.values {
                counts[min(bins - 1, Int((value - low) / (high - low) * Double(bins)))] += 1 / Double(sort.values.count)
            }
            shares.append((sort.name, counts, sort.count))
        }
        let highest = shares.flatMap(\.shares).max() ?? 1
        for sort in shares {
            var path = "M\(frame.left) \(frame.bottom)"
            for (index, share) in sort.shares.enumerated() {
                let y = Markup.place(frame.bottom - share / highest * (frame.bottom - frame.top))
                path += "V\(y)H\(Markup.place(frame.left + Double(index + 1) * step))"
            }
            drawing += "<path class=\"area \(sort.name)\" d=\"\(path)V\(frame.bottom)Z\"><title>\(sort.name) pairs, "
            drawing += "n = \(sort.count)</title></path>"
        }
        drawing += "<text x=\"\(frame.left)\" y=\"140\">\(Markup.value(low))</text>"
        drawing += "<text x=\"\(frame.right)\" y=\"140\" text-anchor=\"end\">\(Markup.value(high))</text>"
        let key = shares.reversed().map { "<span class=\"key \($0.name)\">\($0.name) (\($0.count))</span>" }
        return figure(drawing, "values: " + key.joined(separator: " "))
    }

    private func figure(_ drawing: String, _ caption: String) -> String {
        "<figure><svg viewBox=\"0 0 \(Int(Self.size.width)) \(Int(Self.size.height))\" role=\"img\">\(drawing)</svg>"
            + "<figcaption>\(caption)</figcaption></figure>"
    }
}
