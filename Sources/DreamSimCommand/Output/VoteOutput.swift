import DreamSim

/// The choices of metrics.
struct VoteOutput: ReportOutput {
    let report: VoteReport

    var metrics: [MetricColumn] { report.metrics }

    var lines: [Line] { report.votes.map { Line(report, $0) } }

    func metrics(of line: Line) -> [MetricColumn] { metrics.filter { $0.name == line.metric } }

    var rows: [[String]] {
        [["metric", "choice", "valueA", "valueB", "reference", "imageA", "imageB"] + MetricText.columns + ["error"]]
            + metrics.map { metric in
                let vote = report.votes.first { $0.metric == metric.name }
                return [metric.name, vote?.choice.rawValue ?? ""]
                    + [vote?.valueA, vote?.valueB].map { $0.map { "\($0)" } ?? "" }
                    + [report.reference.exact, report.imageA.exact, report.imageB.exact]
                    + MetricText.fields([metric]) + [report.errors?[metric.name] ?? ""]
            }
    }

    func table(quiet: Bool) -> [String] {
        // The errors say it all.
        if report.votes.isEmpty { return [] }
        if metrics.count == 1 { return table(of: report.votes[0], quiet: quiet) }
        if quiet { return report.votes.map { "\($0.metric) \($0.choice.rawValue)" } }
        var table = TextTable([("metric", .left), ("choice", .left), ("A", .right), ("B", .right)])
        for vote in report.votes {
            table.add([
                titles[vote.metric] ?? vote.metric, vote.choice.rawValue, MetricText.figure(vote.valueA),
                MetricText.figure(vote.valueB),
            ])
        }
        func count(_ choice: VoteReport.Choice) -> Int { report.votes.count { $0.choice == choice } }
        let ties = count(.tie)
        return table.lines() + [
            "",
            "more like \(report.reference):",
            "A  \(report.imageA)  by \(count(.a)) of \(report.votes.count)",
            "B  \(report.imageB)  by \(count(.b)) of \(report.votes.count)" + (ties > 0 ? ", \(ties) tied" : ""),
            "",
        ] + MetricText.legend(voters)
    }

    /// The choice of a single metric.
    private func table(of vote: VoteReport.Vote, quiet: Bool) -> [String] {
        if quiet { return [vote.choice.rawValue] }
        var table = TextTable([("choice", .left), (MetricText.titles(voters)[0], .right), ("image", .left)])
        for (choice, value, image) in [
            (VoteReport.Choice.a, vote.valueA, report.imageA), (.b, vote.valueB, report.imageB),
        ] {
            let mark = vote.choice == choice ? "  <- more alike" : ""
            table.add([choice.rawValue + mark, MetricText.figure(value), "\(image)"])
        }
        return table.lines() + (vote.choice == .tie ? ["tie: both have the same value"] : []) + [""]
            + MetricText.legend(voters, reference: report.reference)
    }

    /// The metrics that have a vote.
    private var voters: [MetricColumn] {
        metrics.filter { metric in report.votes.contains { $0.metric == metric.name } }
    }

    private var titles: [String: String] {
        Dictionary(metrics.map { ($0.name, MetricText.title($0)) }) { first, _ in first }
    }

    struct Line: Encodable {
        var reference: ImagePath
        var imageA: ImagePath
        var imageB: ImagePath
        var metric: String
        var valueA: Double
        var valueB: Double
        var choice: VoteReport.Choice

        init(_ report: VoteReport, _ vote: VoteReport.Vote) {
            (reference, imageA, imageB) = (report.reference, report.imageA, report.imageB)
            (metric, valueA, valueB, choice) = (vote.metric, vote.valueA, vote.valueB, vote.choice)
        }
    }
}
