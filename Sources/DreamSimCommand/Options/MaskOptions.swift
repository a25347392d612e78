public import ArgumentParser
public import DreamSim

extension MaskHandling: ExpressibleByArgument {}

/// To which part of the images a metric is limited.
struct MaskOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Mask of the reference's size; white counts.", valueName: "file"))
    var mask: ImagePath?

    @Option(help: "Handling of a model's masked patches.")
    var masked: MaskHandling = .replaced

    /// Reads the mask, when there is one.
    func load(decoding: DecodingOptions) throws -> Mask? {
        try mask.map { try Mask(contentsOf: $0, options: decoding) }
    }

    /// The metric, limited to the mask.
    func limit(_ metric: any PerceptualMetric, to mask: Mask) throws -> MaskedMetric {
        try MaskedMetric(metric, mask: mask, handling: masked)
    }
}
