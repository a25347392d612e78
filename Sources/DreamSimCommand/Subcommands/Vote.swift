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
            """)

    @Argument(help: "The image that the two are compared with.")
    var reference: ImagePath

    @Argument(help: "The first image.")
    var a: ImagePath

    @Argument(help: "The second image.")
    var b: ImagePath

    @OptionGroup var model: ModelOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = try VoteReport(
            model: try await model.load(quiet: output.quiet), reference: reference, a: a, b: b)
        switch output.format {
        case .json: Terminal.write(try JSON.text(report) + "\n")
        case .ndjson: Terminal.write(try JSON.line(report) + "\n")
        case .csv:
            Terminal.write(
                CSV.line(
                    ["choice", "distanceA", "distanceB", "direction", "reference", "imageA", "imageB"]
                        + CSV.stampColumns)
                    + CSV.line(
                        [
                            report.choice.rawValue, "\(report.distanceA)", "\(report.distanceB)",
                            report.direction.rawValue, "\(reference)", "\(a)", "\(b)",
                        ] + CSV.fields(of: report.model)))
        case .table:
            var table = TextTable([("choice", .left), ("distance", .right), ("image", .left)])
            func row(_ name: String, _ distance: Double, _ image: ImagePath, _ choice: VoteReport.Choice) {
                let mark = report.choice == choice ? "\(name)  <- more alike" : name
                table.add([mark, String(format: "%.5f", distance), "\(image)"])
            }
            row("A", report.distanceA, a, .a)
            row("B", report.distanceB, b, .b)
            var lines = table.lines()
            if output.quiet {
                lines = [report.choice.rawValue]
            } else {
                if report.choice == .tie { lines.append("tie: both are exactly as far") }
                lines += [""] + Legend.lines(report.model, reference: reference)
            }
            Terminal.write(lines.map { $0 + "\n" }.joined())
        }
    }
}
