public import ArgumentParser
public import DreamSim

extension MaskHandling: ExpressibleByArgument {}

/// To which part of the images a metric is limited.
struct MaskOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An image as large as the reference: what is white counts, what is black does not. LPIPS and SSIM: their map is "
                + "weighed; pixel metrics: these pixels alone; models: patches that are mostly black are painted over.",
            valueName: "file"))
    var mask: ImagePath?

    @Option(
        help:
            "What becomes of a model's masked patches: replaced by the mean color, or removed from attention as well.")
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
