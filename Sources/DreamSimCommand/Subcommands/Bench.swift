import ArgumentParser
import DreamSim
import Foundation

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time a model on this machine.",
        discussion: """
            Times the model alone, without reading files, on a batch of noise; one run warms up and is not counted.

            EXAMPLES
              dreamsim bench --model vits14-focus
              dreamsim bench --model ensemble --batch 32 --threads 1 --runs 9
              dreamsim bench --model vits14-focus --seconds-per-image
            """)

    @OptionGroup var model: ModelOptions

    @Option(help: ArgumentHelp("The number of images that pass the model together.", valueName: "n"))
    var batch: Int = 8

    @Option(help: ArgumentHelp("The number of runs to count.", valueName: "n"))
    var runs: Int = 5

    @Flag(help: "Print one number: the median seconds an image.")
    var secondsPerImage = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1024).contains(batch) else { throw ValidationError("--batch must be from 1 to 1024") }
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must be from 1 to 1000") }
    }

    func run() async throws {
        let report = BenchmarkReport(try await model.load(quiet: output.quiet), batch: batch, runs: runs)
        if secondsPerImage {
            Terminal.write("\(report.secondsPerImage)\n")
            return
        }
        switch output.format {
        case .json: Terminal.write(try JSON.text(report) + "\n")
        case .ndjson: Terminal.write(try JSON.line(report) + "\n")
        case .csv:
            Terminal.write(
                CSV.line(["model", "batch", "threads", "kernels", "runs", "median", "fastest", "slowest"])
                    + CSV.line([
                        report.model.model, "\(batch)", "\(report.hardware.threads)", report.hardware.kernels, "\(runs)",
                        "\(report.secondsPerImage)", "\(report.fastest)", "\(report.slowest)",
                    ]))
        case .table:
            var table = TextTable([
                ("model", .left), ("batch", .right), ("threads", .right), ("kernels", .left), ("s/image", .right),
                ("fastest", .right), ("slowest", .right), ("images/s", .right),
            ])
            func figure(_ value: Double) -> String { String(format: "%.4f", value) }
            table.add([
                report.model.model, "\(batch)", "\(report.hardware.threads)", report.hardware.kernels,
                figure(report.secondsPerImage), figure(report.fastest), figure(report.slowest),
                String(format: "%.2f", 1 / report.secondsPerImage),
            ])
            Terminal.write(table.lines().dropFirst(output.quiet ? 1 : 0).map { $0 + "\n" }.joined())
        }
    }
}
