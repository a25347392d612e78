import ArgumentParser
import DreamSim
import Foundation

/// Which metrics, and how images are prepared for them.
struct MetricOptions: ParsableArguments {
    @OptionGroup var chosen: MetricNames

    @Option(help: ArgumentHelp("Resize images to this square for full-size metrics, or 'none'.", valueName: "pixels"))
    var resize = ResizeOption(side: nil)

    @OptionGroup var mask: MaskOptions
    @OptionGroup var model: ModelOptions

    func validate() throws {
        guard mask.mask == nil || resize.side == nil else {
            throw ValidationError("--mask is for images as they are; give no --resize")
        }
    }

    /// The names in the order given, each once; that of --model first.
    var names: [String] { chosen.names(model) }

    /// Whether every metric that is ready was asked for.
    var isEverything: Bool { chosen.isEverything(model) }

    /// The range of a metric's values, as far as it is known without loading it; that of distances for models.
    static func range(of name: String) -> (direction: Direction, values: ClosedRange<Double>) {
        guard let card = MetricCatalog.all.first(where: { $0.card.name == name })?.card else {
            return (.lowerIsMoreAlike, 0...2)
        }
        return (card.direction, card.lowest...card.highest)
    }

    /// Loads the metrics, with progress and notes on standard error.
    func load(quiet: Bool) async throws -> PairComparer { try await loadNamed(quiet: quiet).comparer }

    /// Loads the metrics, with progress and notes on standard error.
    /// - Returns: the metrics, and the name by which each was asked for, which is not a model's own where that has a path or
    ///   an adapter.
    func loadNamed(quiet: Bool) async throws -> (comparer: PairComparer, names: [String]) {
        var metrics: [any PerceptualMetric] = []
        var names: [String] = []
        let mask = try mask.load(decoding: model.preprocessing.decoding)
        let wanted = try chosen.ready(model, quiet: quiet)
        try model.checkOptions(for: wanted)
        for name in wanted {
            let metric = try await model.load(metric: name, quiet: quiet)
            if let mask, isEverything, !MaskedMetric.limits(metric) {
                if !quiet { Terminal.note("left out, because it cannot be limited to \(mask.name): \(name)") }
            } else {
                metrics.append(try mask.map { try self.mask.limit(metric, to: $0) } ?? metric)
                names.append(model.limited(name))
            }
        }
        try MetricNames.checkDistinct(metrics)
        return (PairComparer(metrics, decoding: model.preprocessing.decoding, resize: resize.side), names)
    }
}

/// A side in pixels, or `none`.
struct ResizeOption: ExpressibleByArgument {
    let side: Int?

    init(side: Int?) { self.side = side }

    init?(argument: String) {
        if argument == "none" {
            side = nil
        } else {
            guard let side = Int(argument), (1...8192).contains(side) else { return nil }
            self.side = side
        }
    }

    var defaultValueDescription: String { side.map(String.init) ?? "none" }
}
