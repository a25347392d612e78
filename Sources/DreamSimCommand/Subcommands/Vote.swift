import ArgumentParser
import DreamSim
import Foundation

struct Vote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say which of two images is more like a reference.",
        discussion: """
            The two-alternative choice that DreamSim was tuned on: people saw a reference and two variations, and said \
            which one is more similar.

            EXAMPLES
              dreamsim vote reference.png a.png b.png
              dreamsim vote reference.png a.png b.png --format json
              dreamsim vote reference.png a.png b.png --metric all
            """)

    @Argument(help: "The image that the two are compared with.")
    var reference: ImagePath

    @Argument(help: "The first image.")
    var a: ImagePath

    @Argument(help: "The second image.")
    var b: ImagePath

    @OptionGroup var metrics: MetricOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        if metrics.isOneModel {
            let report = try VoteReport(
                model: try await metrics.loadModel(quiet: output.quiet), reference: reference, a: a, b: b)
            Terminal.write(try VoteOutput(report: report, options: output).text())
            return
        }
        let comparer = try await metrics.load(quiet: output.quiet)
        let report = try MetricsVote(comparer, reference: reference, a: a, b: b)
        Terminal.write(try MetricsVoteOutput(report: report, options: output).text())
        var complaints = MetricComplaints(
            comparer.columns, isTolerant: metrics.isEverything, isQuiet: output.quiet)
        complaints.add(report.errors ?? [:], of: "\(reference)")
        complaints.finish(of: 1)
        if complaints.hasFailed { Terminal.exit(.failed) }
    }
}
