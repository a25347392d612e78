import ArgumentParser
import DreamSim

/// Which metric a map is of.
struct MapMetricOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Metric or model, such as lpips-alex, in place of --model.", valueName: "name"))
    var metric: String?

    @OptionGroup var model: ModelOptions

    func load(quiet: Bool) async throws -> any PerceptualMetric {
        if let metric { try model.checkOptions(for: [metric]) }
        return try await model.load(metric: metric ?? model.model, quiet: quiet)
    }
}
