import ArgumentParser
import DreamSim
import DreamSimTraining

/// As what an image is optimized.
enum ParameterizationOption: String, ExpressibleByArgument, CaseIterable {
    case pixels
    case pyramid
    case fourier
    case network
}

/// How an image is optimized.
struct InversionFlags: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help:
            "As what the image is optimized: pixels, each by itself; pyramid, large forms first; fourier, waves as strong as in photographs; network, an untrained network's output (Deep Image Prior)."
    )
    var parameterization: ParameterizationOption = .fourier

    @Option(help: ArgumentHelp("The longer side of the image, in pixels.", valueName: "pixels"))
    var size: Int = 224

    @Option(help: ArgumentHelp("How many steps are taken.", valueName: "n"))
    var steps: Int = 300

    @Option(
        help: ArgumentHelp(
            "How far a step goes (0.1 for pixels and fourier, 0.06 for pyramid, 0.01 for network).", valueName: "rate")
    )
    var learningRate: Double?

    @Flag(help: "Keep the learning rate to the end; without, it falls to zero.")
    var constantRate = false

    @Option(
        help: ArgumentHelp(
            "Shift image and target together by up to so many pixels at each step.", valueName: "pixels"))
    var shift: Int = 0

    @Option(
        help: ArgumentHelp(
            "Look at a random part of image and target at each step, of at least this share of either side; 1 for all.",
            valueName: "share"))
    var crop: Double = 1

    @Option(help: ArgumentHelp("Shifts and crops a step.", valueName: "n"))
    var views: Int = 1

    @Option(
        help: ArgumentHelp(
            "How much differences between neighboring pixels cost: about 0.1 smooths, 1 paints flat.",
            valueName: "weight"))
    var totalVariation: Double = 0

    @Option(help: ArgumentHelp("What chance begins with.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("The most levels of a pyramid, or of a network (6 and 5).", valueName: "n"))
    var levels: Int?

    @Option(
        help: ArgumentHelp(
            "The power of the frequency with which waves grow weaker: 1 as in photographs, more for softer images.",
            valueName: "power"))
    var decay: Double = 1

    @Option(help: ArgumentHelp("Channels of a network: more take longer and show more.", valueName: "n"))
    var channels: Int = UntrainedNetworkShape().channels

    func validate() throws {
        guard (16...4096).contains(size) else { throw ValidationError("--size must be from 16 to 4096") }
        guard levels == nil || parameterization == .pyramid || parameterization == .network else {
            throw ValidationError("--levels is for --as pyramid and --as network")
        }
    }

    private var chosen: Parameterization {
        switch parameterization {
        case .pixels: return .pixels
        case .pyramid: return levels.map { .pyramid(levels: $0) } ?? .pyramid
        case .fourier: return .fourier(decay: decay)
        case .network:
            var shape = UntrainedNetworkShape()
            shape.channels = channels
            shape.levels = levels ?? shape.levels
            return .untrainedNetwork(shape)
        }
    }

    /// The settings for an image in the aspect ratio of another.
    func options(like image: Image) -> InversionOptions {
        let scale = Double(size) / Double(max(image.width, image.height))
        func side(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded())) }
        var options = InversionOptions(chosen, width: side(image.width), height: side(image.height))
        options.adam.learningRate = learningRate ?? options.adam.learningRate
        (options.steps, options.slowsDown, options.seed) = (steps, !constantRate, seed)
        (options.shift, options.crop, options.views) = (shift, crop, views)
        options.totalVariation = totalVariation
        return options
    }
}
