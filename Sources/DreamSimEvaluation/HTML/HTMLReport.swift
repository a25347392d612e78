package import Foundation

/// An evaluation as one page: scores with their intervals, how far each metric can be trusted, what its distances mean,
/// the judgments on which metrics and people differ most, and how everything was made.
///
/// The page is one file: images are inside, nothing is fetched, no program runs.
package struct HTMLReport {
    let report: EvaluationReport
    let decoding: DecodingOptions
    /// From the best to the worst.
    let ranked: [Int]
    /// The number of judgments that are shown with their images.
    let shown: Int

    /// Prepares a page.
    /// - Parameters:
    ///   - report: the evaluation.
    ///   - decoding: how images are read for showing.
    ///   - shown: the number of judgments that are shown with their images, 0 or more.
    package init(_ report: EvaluationReport, decoding: DecodingOptions, shown: Int = 12) {
        self.report = report
        self.decoding = decoding
        self.shown = max(0, shown)
        ranked = report.metrics.indices.sorted {
            let (a, b) = (report.metrics[$0].score.value ?? -1, report.metrics[$1].score.value ?? -1)
            return a > b || (a == b && $0 < $1)
        }
    }

    /// Writes the page; it appears whole or not at all.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func write(to url: URL) throws {
        try EvaluationFile.write(text(), to: url)
    }

    /// The page.
    package func text() -> String {
        Page.text(
            title: "\(report.dataSet.name): metrics beside people",
            body: [header, scores, metricCards, agreement, disagreements, making].joined(separator: "\n"))
    }

    // MARK: - The opening

    private var header: String {
        let set = report.dataSet
        let question =
            switch set.task {
            case .twoAlternatives: "Which of two images is more like the reference?"
            case .oddOneOut: "Which of three images is the odd one?"
            case .sameOrNot: "Are these two images the same?"
            }
        return """
            <header>
            <p class="kicker">\(Markup.text(set.name)) · \(Markup.text(set.selection))</p>
            <h1>\(question)</h1>
            <p class="lead">\(verdict)</p>
            </header>
            """
    }

    /// The result in a sentence or two.
    private var verdict: String {
        let used = report.dataSet.judgments - report.skipped.count
        guard let first = ranked.first, let value = report.metrics[first].score.value else { return "" }
        let name = "<b>\(Markup.text(report.metrics[first].column.name))</b>"
        let score = Markup.percent(value)
        let interval = Markup.percent(report.metrics[first].score.interval)
        var text =
            switch report.dataSet.task {
            case .twoAlternatives: "\(name) agrees with people in \(score) of \(used) judgments (\(interval))."
            case .oddOneOut: "\(name) finds people's odd one in \(score) of \(used) triplets (\(interval))."
            case .sameOrNot: "\(name) reaches an average precision of \(score) on \(used) pairs (\(interval))."
            }
        if ranked.count > 1 {
            let second = report.metrics[ranked[1]].column.name
            if let (comparison, sign) = report.comparison(report.metrics[first].column.name, second),
                let difference = comparison.difference.value, let ends = comparison.difference.interval
            {
                let (low, high) = sign > 0 ? (ends.low, ends.high) : (-ends.high, -ends.low)
                // Intervals say what other samples would give, and not what choosing by this one has added.
                let isFair = [first, ranked[1]].allSatisfy { report.metrics[$0].seen == nil }
                text +=
                    " It is \(Markup.points(sign * difference)) points ahead of <b>\(Markup.text(second))</b> "
                    + "(\(Markup.points(low)) to \(Markup.points(high)))"
                    + (!isFair
                        ? "."
                        : low > 0
                            ? ", which is more than random variation explains."
                            : ", which is not more than random variation may explain.")
            }
        }
        return ([text] + caveats).joined(separator: " ")
    }

    /// What keeps scores from being comparable.
    var caveats: [String] { report.caveats { "<b>\(Markup.text($0))</b>" } }

    // MARK: - Scores

    private var scores: String {
        let chance: Double? =
            switch report.dataSet.task {
            case .twoAlternatives: 0.5
            case .oddOneOut: 1.0 / 3
            case .sameOrNot: nil
            }
        let rows = ranked.map { index in
            let metric = report.metrics[index]
            return bar(metric.column.name, metric.score, chance, title: metric.column.summary)
        }.joined(separator: "\n")
        let legend = [
            "Bars: the score. Lines: 95&#8239;% interval.",
            chance.map { "Dashed: chance level, \(Markup.percent($0, digits: 0))." },
        ].compactMap { $0 }.joined(separator: " ")
        return """
            <section>
            <h2>Agreement with people</h2>
            <p class="note">\(Markup.text(report.dataSet.task.scoreMeaning)). \(legend)</p>
            <div class="bars">
            \(rows)
            </div>
            \(partTable)
            </section>
            """
    }

    private func bar(_ name: String, _ score: Estimate, _ chance: Double?, title: String) -> String {
        let value = score.value ?? 0
        func percent(_ share: Double) -> String { String(format: "%.2f%%", share * 100) }
        let whisker =
            score.interval.map {
                "<i class=\"whisker\" style=\"left:\(percent($0.low));width:\(percent($0.high - $0.low))\"></i>"
            } ?? ""
        let line = chance.map { "<i class=\"chance\" style=\"left:\(percent($0))\"></i>" } ?? ""
        return """
            <div class="bar" title="\(Markup.text(title))">
            <span class="name">\(Markup.text(name))</span>
            <span class="track"><i class="fill" style="width:\(percent(value))"></i>\(line)\(whisker)</span>
            <span class="figure"><b>\(Markup.percent(score.value))</b> <small>\(Markup.percent(score.interval)), \
            n&#8239;=&#8239;\(score.count)</small></span>
            </div>
            """
    }

    private var partTable: String {
        let parts = report.metrics.first?.parts.map(\.part) ?? []
        guard !parts.isEmpty else { return "" }
        let head = parts.map { "<th scope=\"col\">\(Markup.text($0))</th>" }.joined()
        let rows = ranked.map { index in
            let metric = report.metrics[index]
            let cells = metric.parts.map { part in
                "<td><b>\(Markup.percent(part.score.value))</b><small>\(Markup.percent(part.score.interval))<br>"
                    + "n&#8239;=&#8239;\(part.score.count)</small></td>"
            }.joined()
            return "<tr><th scope=\"row\">\(Markup.text(metric.column.name))</th>\(cells)</tr>"
        }.joined(separator: "\n")
        return """
            <h3>By part</h3>
            <div class="scroll"><table><thead><tr><th></th>\(head)</tr></thead><tbody>
            \(rows)
            </tbody></table></div>
            """
    }
}
