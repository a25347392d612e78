import ArgumentParser
import DreamSim
import Foundation

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time a model or a metric on this machine.",
        discussion: """
            Times the model alone, without reading files, on a batch of noise; one run warms up and is not counted. With \
            --metric it times pairs of images instead, at the size of --size; with --gradient also the way back, as a loss \
            is used: 'image' for an image that moves towards another, which is prepared once, 'both' for both.

            EXAMPLES
              dreamsim bench --model vits14-focus
              dreamsim bench --model ensemble --batch 32 --threads 1 --runs 9
              dreamsim bench --model vits14-focus --seconds-per-image
              dreamsim bench --metric lpips-vgg --size 768
              dreamsim bench --metric lpips-vgg --gradient image
            """)

    @OptionGroup var model: ModelOptions

    @Option(
        help: ArgumentHelp("Time a metric on pairs of images, such as lpips-alex or dists.", valueName: "metric"),
        completion: .list(MetricCatalog.all.map(\.card.name)))
    var metric: String?

    @Option(help: ArgumentHelp("The side of the images of --metric in pixels.", valueName: "pixels"))
    var size: Int = 256

    @Option(help: "Time the distance and its gradient, of the image that moves or of both.")
    var gradient: GradientOption?

    @Option(
        help: ArgumentHelp("The images that pass the model together (8), or the pairs of a run (1).", valueName: "n"))
    var batch: Int?

    @Option(help: ArgumentHelp("The number of runs to count.", valueName: "n"))
    var runs: Int = 5

    @Flag(help: "Print one number: the median seconds an image, or a pair.")
    var secondsPerImage = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1024).contains(batch ?? 1) else { throw ValidationError("--batch must be from 1 to 1024") }
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must be from 1 to 1000") }
        guard (1...10_000).contains(size) else { throw ValidationError("--size must be from 1 to 10000") }
        guard gradient == nil || metric != nil else {
            throw ValidationError("--gradient goes with --metric, which takes the names of models too")
        }
    }

    func run() async throws {
        if let metric {
            let report = try MetricBenchmarkReport(
                await model.load(metric: metric, quiet: output.quiet), work: gradient?.work ?? .value, size: size,
                batch: batch ?? 1, runs: runs)
            try BenchmarkOutput(
                what: ("metric", report.metric.name), unit: "pair",
                details: [("size", "\(report.size)"), ("work", report.work.rawValue)],
                batch: report.batch, runs: runs, hardware: report.hardware, median: report.secondsPerPair,
                fastest: report.fastest, slowest: report.slowest
            ).write(report, output, justSeconds: secondsPerImage)
        } else {
            let report = BenchmarkReport(try await model.load(quiet: output.quiet), batch: batch ?? 8, runs: runs)
            try BenchmarkOutput(
                what: ("model", report.model.model), unit: "image", details: [], batch: report.batch, runs: runs,
                hardware: report.hardware, median: report.secondsPerImage, fastest: report.fastest,
                slowest: report.slowest
            ).write(report, output, justSeconds: secondsPerImage)
        }
    }
}

/// Whose gradient is timed.
enum GradientOption: String, ExpressibleByArgument, CaseIterable {
    case image
    case both

    var work: MetricBenchmarkReport.Work {
        switch self {
        case .image: .step
        case .both: .pair
        }
    }
}
