import ArgumentParser
import DreamSimTraining

/// Image parameterization.
enum ParameterizationOption: String, ExpressibleByArgument, CaseIterable {
    case pixels
    case pyramid
    case fourier
    case network

    /// The learning rate where none is given, such as `pyramid: 0.06`.
    fileprivate var rate: String {
        let meant: Parameterization =
            switch self {
            case .pixels: .pixels
            case .pyramid: .pyramid
            case .fourier: .fourier
            case .network: .untrainedNetwork
            }
        return "\(rawValue): \(meant.learningRate)"
    }
}

/// How an image is optimized.
struct InversionFlags: ParsableArguments {
    @Option(name: .customLong("as"), help: "Image parameterization.")
    var parameterization: ParameterizationOption = .fourier

    @Option(help: ArgumentHelp("Longer side of the image.", valueName: "pixels"))
    var size: Int = 224

    @Option(help: ArgumentHelp("Number of steps.", valueName: "n"))
    var steps: Int = 300

    @Option(
        help: ArgumentHelp(
            "Learning rate (\(ParameterizationOption.allCases.map(\.rate).joined(separator: "; "))).", valueName: "rate"
        ))
    var learningRate: Double?

    @Flag(help: "Keep the learning rate constant instead of annealing it.")
    var constantRate = false

    @Option(help: ArgumentHelp("Maximum random shift of image and target per step.", valueName: "pixels"))
    var shift: Int = 0

    @Option(help: ArgumentHelp("Minimum side of random crops per step, as a fraction.", valueName: "share"))
    var crop: Double = 1

    @Option(help: ArgumentHelp("Number of shifts and crops per step.", valueName: "n"))
    var views: Int = 1

    @Option(help: ArgumentHelp("Weight of the total variation loss (0.1 smooths).", valueName: "weight"))
    var totalVariation: Double = 0

    @Option(help: ArgumentHelp("Random seed.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Maximum levels (pyramid: \(Parameterization.pyramidLevels); network: \(UntrainedNetworkShape().levels)).",
            valueName: "n"))
    var levels: Int?

    @Option(help: ArgumentHelp("Spectral decay exponent of the Fourier parameterization.", valueName: "power"))
    var decay: Double = 1

    @Option(help: ArgumentHelp("Channels of the untrained network.", valueName: "n"))
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
