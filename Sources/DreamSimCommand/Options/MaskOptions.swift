public import ArgumentParser
public import DreamSim

extension MaskHandling: ExpressibleByArgument {}

/// To which part of the images a metric is limited.
struct MaskOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A picture as large as the reference: what is white counts, what is black does not. LPIPS and SSIM: their map is "
                + "weighed; pixel metrics: these pixels alone; models: patches that are mostly black are painted over.",
            valueName: "file"))
    var mask: ImagePath?

    @Option(
        help:
            "What becomes of a model's masked patches: replaced by the mean colour, or removed from attention as well.")
    var masked: MaskHandling = .replaced

    /// The metric, limited to the mask when there is one.
    func limit(_ metric: any PerceptualMetric, decoding: DecodingOptions) throws -> any PerceptualMetric {
        guard let mask else { return metric }
        return try MaskedMetric(metric, mask: Mask(contentsOf: mask, options: decoding), handling: masked)
    }
}
