import ArgumentParser
import DreamSim
import Foundation

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Benchmark a model or a metric.",
        discussion: """
            Times the forward pass on a batch of noise, without reading files, after one warm-up run. --metric times pairs \
            of images of --size instead; --gradient adds the backward pass, with respect to one image ('image', against a \
            target that is prepared once) or to both ('both').

            EXAMPLES
              dreamsim bench --model vits14-focus
              dreamsim bench --model ensemble --batch-size 32 --threads 1 --runs 9
              dreamsim bench --model vits14-focus --seconds-per-image
              dreamsim bench --metric lpips-vgg --size 768
              dreamsim bench --metric lpips-vgg --gradient image
            """)

    @OptionGroup var model: ModelOptions

    @Option(
        help: ArgumentHelp("Time this metric on pairs of images.", valueName: "metric"),
        completion: .list(MetricCatalog.all.map(\.card.name)))
    var metric: String?

    @Option(help: ArgumentHelp("Side of the images for --metric.", valueName: "pixels"))
    var size: Int = 256

    @Option(help: "Time the gradient too, of one image or both.")
    var gradient: GradientOption?

    @Option(help: ArgumentHelp("Images per forward pass (\(imagesTogether)), or pairs per run (1).", valueName: "n"))
    var batchSize: Int?

    @Option(help: ArgumentHelp("Number of timed runs.", valueName: "n"))
    var runs: Int = 5

    @Flag(help: "Print only the median seconds per image or pair.")
    var secondsPerImage = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1024).contains(batchSize ?? 1) else { throw ValidationError("--batch-size must be from 1 to 1024") }
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must be from 1 to 1000") }
        guard (1...10_000).contains(size) else { throw ValidationError("--size must be from 1 to 10000") }
        guard gradient == nil || metric != nil else {
            throw ValidationError("--gradient goes with --metric, which takes the names of models too")
        }
    }

    func run() async throws {
        if let metric {
            try model.checkPrecision(for: [metric])
            let report = try MetricBenchmarkReport(
                await model.load(metric: metric, quiet: output.quiet), work: gradient?.work ?? .value, size: size,
                batch: batchSize ?? 1, runs: runs)
            try BenchmarkOutput(
                what: ("metric", report.metric.name), unit: "pair",
                details: [("size", "\(report.size)"), ("work", report.work.rawValue)]
                    + (report.metric.precision.map { [("precision", $0.rawValue)] } ?? []),
                batch: report.batch, runs: runs, hardware: report.hardware, median: report.secondsPerPair,
                fastest: report.fastest, slowest: report.slowest
            ).write(report, output, justSeconds: secondsPerImage)
        } else {
            let report = BenchmarkReport(
                try await model.loadModel(quiet: output.quiet), batch: batchSize ?? imagesTogether, runs: runs)
            try BenchmarkOutput(
                what: ("model", report.model.model), unit: "image",
                details: [("precision", (report.model.precision ?? .float32).rawValue)], batch: report.batch,
                runs: runs,
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

/// How many images pass a network together where nothing else is asked for.
private let imagesTogether = 8
