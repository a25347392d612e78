import ArgumentParser
import DreamSim
import Foundation

struct Vote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vote",
        abstract: "Choose which of two images is more similar to a reference.",
        discussion: """
            The two-alternative forced choice (2AFC) that DreamSim was tuned on. The exit code does not depend on \
            the choice.

            EXAMPLES
              dreamsim vote reference.png a.png b.png
              dreamsim vote reference.png a.png b.png --format json
              dreamsim vote reference.png a.png b.png --metric all
            """)

    @Argument(help: "Reference image.")
    var reference: ImagePath

    @Argument(help: "First image.")
    var a: ImagePath

    @Argument(help: "Second image.")
    var b: ImagePath

    @OptionGroup var metrics: MetricOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let comparer = try await metrics.load(quiet: output.quiet)
        let report = try VoteReport(comparer, reference: reference, a: a, b: b)
        if !output.quiet { report.warnings.forEach(Terminal.note) }
        Terminal.write(try VoteOutput(report: report).text(output))
        var errors = MetricErrors(
            comparer.columns, isTolerant: metrics.isEverything, isQuiet: output.quiet)
        errors.add(report.errors ?? [:], of: "\(a), \(b)")
        errors.finish(of: 1)
        if errors.hasFailed { Terminal.exit(.failed) }
    }
}
