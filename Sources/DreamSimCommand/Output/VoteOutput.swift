import DreamSim
import DreamSimSupport
import Foundation

/// Writes one model's choice in the layout that was asked for.
struct VoteOutput {
    let report: VoteReport
    let options: OutputOptions

    func text() throws -> String {
        switch options.format {
        case .json: return try JSON.text(report) + "\n"
        case .ndjson: return try JSON.line(report) + "\n"
        case .csv:
            return CSV.line(
                ["choice", "distanceA", "distanceB", "direction", "reference", "imageA", "imageB"] + CSV.stampColumns)
                + CSV.line(
                    [
                        report.choice.rawValue, "\(report.distanceA)", "\(report.distanceB)",
                        report.direction.rawValue, "\(report.reference)", "\(report.imageA)", "\(report.imageB)",
                    ] + CSV.fields(of: report.model))
        case .table: return table()
        }
    }

    private func table() -> String {
        var table = TextTable([("choice", .left), ("distance", .right), ("image", .left)])
        func row(_ name: String, _ distance: Double, _ image: ImagePath, _ choice: VoteReport.Choice) {
            let mark = report.choice == choice ? "\(name)  <- more alike" : name
            table.add([mark, String(format: "%.5f", distance), "\(image)"])
        }
        row("A", report.distanceA, report.imageA, .a)
        row("B", report.distanceB, report.imageB, .b)
        var lines = table.lines()
        if options.quiet {
            lines = [report.choice.rawValue]
        } else {
            if report.choice == .tie { lines.append("tie: both are exactly as far") }
            lines += [""] + Legend.lines(report.model, reference: report.reference)
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

/// Writes the choices of several metrics in the layout that was asked for.
struct MetricsVoteOutput {
    let report: MetricsVote
    let options: OutputOptions

    func text() throws -> String {
        switch options.format {
        case .json: return try JSON.text(report) + "\n"
        case .ndjson: return try report.votes.map { try JSON.line(Line(report, $0)) + "\n" }.joined()
        case .csv:
            return CSV.line(
                ["metric", "choice", "valueA", "valueB", "direction", "reference", "imageA", "imageB", "preprocessing"])
                + report.votes.map { vote in
                    CSV.line([
                        vote.metric.name, vote.choice.rawValue, "\(vote.valueA)", "\(vote.valueB)",
                        vote.metric.direction.rawValue, "\(report.reference)", "\(report.imageA)",
                        "\(report.imageB)", vote.metric.preprocessing,
                    ])
                }.joined()
        case .table: return table()
        }
    }

    private func table() -> String {
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

    private struct Line: Encodable {
        var reference: ImagePath
        var imageA: ImagePath
        var imageB: ImagePath
        var metric: MetricColumn
        var valueA: Double
        var valueB: Double
        var choice: VoteReport.Choice

        init(_ report: MetricsVote, _ vote: MetricsVote.Vote) {
            (reference, imageA, imageB) = (report.reference, report.imageA, report.imageB)
            (metric, valueA, valueB, choice) = (vote.metric, vote.valueA, vote.valueB, vote.choice)
        }
    }
}
