import DreamSim
import DreamSimSupport
import Foundation

/// Writes the choices of metrics in the layout that was asked for.
struct VoteOutput {
    let report: VoteReport
    let options: OutputOptions

    func text() throws -> String {
        switch options.format {
        case .json: return try JSON.text(report) + "\n"
        case .ndjson: return try report.votes.map { try JSON.line(Line(report, $0)) + "\n" }.joined()
        case .csv:
            return CSV.line(
                ["metric", "choice", "valueA", "valueB", "direction", "reference", "imageA", "imageB"]
                    + MetricText.columns)
                + report.votes.map { vote in
                    CSV.line(
                        [
                            vote.metric.name, vote.choice.rawValue, "\(vote.valueA)", "\(vote.valueB)",
                            vote.metric.direction.rawValue, "\(report.reference)", "\(report.imageA)",
                            "\(report.imageB)",
                        ] + MetricText.fields([vote.metric]))
                }.joined()
        case .table: return table()
        }
    }

    private func table() -> String {
        if report.votes.count == 1 { return table(of: report.votes[0]) }
        if options.quiet {
            return report.votes.map { "\($0.metric.name) \($0.choice.rawValue)\n" }.joined()
        }
        var table = TextTable([("metric", .left), ("choice", .left), ("A", .right), ("B", .right)])
        for vote in report.votes {
            table.add([
                MetricText.title(vote.metric), vote.choice.rawValue, MetricText.figure(vote.valueA),
                MetricText.figure(vote.valueB),
            ])
        }
        func count(_ choice: VoteReport.Choice) -> Int { report.votes.count { $0.choice == choice } }
        let ties = count(.tie)
        let lines =
            table.lines() + [
                "",
                "more like \(report.reference):",
                "A  \(report.imageA)  by \(count(.a)) of \(report.votes.count)",
                "B  \(report.imageB)  by \(count(.b)) of \(report.votes.count)" + (ties > 0 ? ", \(ties) tied" : ""),
                "",
            ] + MetricText.legend(report.votes.map(\.metric))
        return lines.map { $0 + "\n" }.joined()
    }

    /// The choice of a single metric.
    private func table(of vote: VoteReport.Vote) -> String {
        if options.quiet { return "\(vote.choice.rawValue)\n" }
        var table = TextTable([("choice", .left), (MetricText.titles([vote.metric])[0], .right), ("image", .left)])
        for (choice, value, image) in [
            (VoteReport.Choice.a, vote.valueA, report.imageA), (.b, vote.valueB, report.imageB),
        ] {
            let mark = vote.choice == choice ? "  <- more alike" : ""
            table.add([choice.rawValue + mark, MetricText.figure(value), "\(image)"])
        }
        let lines =
            table.lines() + (vote.choice == .tie ? ["tie: both have the same value"] : []) + [""]
            + MetricText.legend([vote.metric], reference: report.reference)
        return lines.map { $0 + "\n" }.joined()
    }

    private struct Line: Encodable {
        var reference: ImagePath
        var imageA: ImagePath
        var imageB: ImagePath
        var metric: MetricColumn
        var valueA: Double
        var valueB: Double
        var choice: VoteReport.Choice

        init(_ report: VoteReport, _ vote: VoteReport.Vote) {
            (reference, imageA, imageB) = (report.reference, report.imageA, report.imageB)
            (metric, valueA, valueB, choice) = (vote.metric, vote.valueA, vote.valueB, vote.choice)
        }
    }
}
