/// As what a picture is optimised. All reach every picture; what differs is which are near, and so what is found.
public enum Parameterisation: Hashable, Sendable, Codable {
    /// Every pixel by itself. Exact, and the quickest to turn into noise that pleases the metric and nobody else.
    case pixels
    /// A Laplacian pyramid of at most so many levels: large forms first.
    case pyramid(levels: Int)
    /// Waves whose amplitudes fall with a power of the frequency, 1 as in photographs.
    case fourier(decay: Double)
    /// The output of an untrained convolutional network (Deep Image Prior): pictures that such a network makes easily.
    case untrainedNetwork(UntrainedNetworkShape)

    /// A pyramid of six levels.
    public static let pyramid = Parameterisation.pyramid(levels: 6)
    /// Amplitudes that fall as in photographs.
    public static let fourier = Parameterisation.fourier(decay: 1)
    /// The network of the default shape.
    public static let untrainedNetwork = Parameterisation.untrainedNetwork(UntrainedNetworkShape())

    /// The learning rate with which it does well.
    public var learningRate: Double {
        switch self {
        case .pixels: 0.1
        case .pyramid: 0.06
        case .fourier: 0.1
        case .untrainedNetwork: 0.01
        }
    }

    /// What it is called on the command line.
    public var name: String {
        switch self {
        case .pixels: "pixels"
        case .pyramid: "pyramid"
        case .fourier: "fourier"
        case .untrainedNetwork: "network"
        }
    }

    /// Checks every number.
    /// - Throws: `TrainingError` with `.badSetting`.
    func check() throws(TrainingError) {
        switch self {
        case .pixels: break
        case .pyramid(let levels):
            guard (1...16).contains(levels) else {
                throw TrainingError(.badSetting, "pyramid of \(levels) levels", "must have from 1 to 16")
            }
        case .fourier(let decay):
            guard decay.isFinite, (0...4).contains(decay) else {
                throw TrainingError(.badSetting, "Fourier decay \(decay)", "must be from 0 to 4")
            }
        case .untrainedNetwork(let shape): try shape.check()
        }
    }

    /// For pictures of a size.
    package func made(height: Int, width: Int) -> any ImageParameterisation {
        // Numbers to start from are near grey: what is there at first tends to stay.
        switch self {
        case .pixels:
            LinearParameterisation(
                basis: PixelBasis(height: height, width: width), colours: .plain, spread: 0.1)
        case .pyramid(let levels):
            LinearParameterisation(
                basis: PyramidBasis(height: height, width: width, levels: levels), colours: .decorrelated, spread: 0.05)
        case .fourier(let decay):
            LinearParameterisation(
                basis: FourierBasis(height: height, width: width, decay: decay), colours: .decorrelated, spread: 0.1)
        case .untrainedNetwork(let shape):
            UntrainedNetwork(shape, height: height, width: width)
        }
    }
}
