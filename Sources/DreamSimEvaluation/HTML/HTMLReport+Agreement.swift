import Foundation

extension HTMLReport {
    /// Every two metrics beside each other.
    var agreement: String {
        guard ranked.count > 1 else { return "" }
        let makesChoices = report.dataSet.task != .sameOrNot
        let names = ranked.map { report.metrics[$0].column.name }
        let head = names.map { "<th scope=\"col\">\(Markup.text($0))</th>" }.joined()
        let rows = names.map { first in
            let cells = names.map { second -> String in
                guard first != second, let (comparison, sign) = report.comparison(first, second) else {
                    return "<td class=\"self\"></td>"
                }
                let difference = comparison.difference.value.map { Markup.points(sign * $0) } ?? "–"
                let ends = comparison.difference.interval.map {
                    sign > 0 ? ($0.low, $0.high) : (-$0.high, -$0.low)
                }
                let interval = ends.map { "\(Markup.points($0.0)) to \(Markup.points($0.1))" } ?? "–"
                let isSure = ends.map { $0.0 > 0 || $0.1 < 0 } ?? false
                let line =
                    "<small class=\"\(isSure ? "sure" : "")\" title=\"difference of the scores in points\">"
                    + "\(difference) (\(interval))</small>"
                guard makesChoices else { return "<td>\(line)</td>" }
                let share = comparison.sameChoice ?? 0
                let kappa = comparison.kappa.map { String(format: "%.2f", $0).replacing("-", with: "−") } ?? "–"
                return "<td style=\"--share:\(String(format: "%.0f%%", max(0, share * 2 - 1) * 60))\">"
                    + "<b>\(Markup.percent(comparison.sameChoice, digits: 0))</b> "
                    + "<span title=\"Cohen's kappa\">κ&#8239;\(kappa)</span>\(line)</td>"
            }.joined()
            return "<tr><th scope=\"row\">\(Markup.text(first))</th>\(cells)</tr>"
        }.joined(separator: "\n")
        let meaning =
            makesChoices
            ? "The share of judgments on which both make the same choice, Cohen's κ (0 is chance level, 1 full agreement), and "
            : ""
        return """
            <section>
            <h2>Metrics beside each other</h2>
            <p class="note">\(meaning)\(makesChoices ? "the" : "The") row's score minus the column's in points, with its paired 95&#8239;% interval; \
            bold where the interval leaves out 0.\(caveats.map { " " + $0 }.joined())</p>
            <div class="scroll"><table class="matrix"><thead><tr><th></th>\(head)</tr></thead><tbody>
            \(rows)
            </tbody></table></div>
            </section>
            """
    }
}
