/// Image parameterization. All reach every image; what differs is which are near, and so what is found.
package enum Parameterization: Hashable, Sendable, Codable {
    /// Every pixel by itself. Exact, and the quickest to turn into noise that pleases the metric and nobody else.
    case pixels
    /// A Laplacian pyramid of at most so many levels: large forms first.
    case pyramid(levels: Int)
    /// Waves whose amplitudes fall with a power of the frequency, 1 as in photographs.
    case fourier(decay: Double)
    /// The output of an untrained convolutional network (Deep Image Prior): images that such a network makes easily.
    case untrainedNetwork(UntrainedNetworkShape)

    /// The levels of a pyramid where nothing else is asked for.
    package static let pyramidLevels = 6
    /// A pyramid of so many levels.
    package static let pyramid = Parameterization.pyramid(levels: pyramidLevels)
    /// Amplitudes that fall as in photographs.
    package static let fourier = Parameterization.fourier(decay: 1)
    /// The network of the default shape.
    package static let untrainedNetwork = Parameterization.untrainedNetwork(UntrainedNetworkShape())

    /// The learning rate with which it does well.
    package var learningRate: Double {
        switch self {
        case .pixels: 0.1
        case .pyramid: 0.06
        case .fourier: 0.1
        case .untrainedNetwork: 0.01
        }
    }

    /// What it is called on the command line.
    package var name: String {
        switch self {
        case .pixels: "pixels"
        case .pyramid: "pyramid"
        case .fourier: "fourier"
        case .untrainedNetwork: "network"
        }
    }

    /// Checks every number.
    /// - Throws: `DreamSimError` with `.badSetting`.
    func check() throws(DreamSimError) {
        switch self {
        case .pixels: break
        case .pyramid(let levels):
            guard (1...16).contains(levels) else {
                throw DreamSimError(.badSetting, "pyramid of \(levels) levels", "must have from 1 to 16")
            }
        case .fourier(let decay):
            guard decay.isFinite, (0...4).contains(decay) else {
                throw DreamSimError(.badSetting, "Fourier decay \(decay)", "must be from 0 to 4")
            }
        case .untrainedNetwork(let shape): try shape.check()
        }
    }

    /// For images of a size.
    package func made(height: Int, width: Int) -> any ImageParameterization {
        // Numbers to start from are near gray: what is there at first tends to stay.
        switch self {
        case .pixels:
            LinearParameterization(
                basis: PixelBasis(height: height, width: width), colors: .plain, spread: 0.1)
        case .pyramid(let levels):
            LinearParameterization(
                basis: PyramidBasis(height: height, width: width, levels: levels), colors: .decorrelated, spread: 0.05)
        case .fourier(let decay):
            LinearParameterization(
                basis: FourierBasis(height: height, width: width, decay: decay), colors: .decorrelated, spread: 0.1)
        case .untrainedNetwork(let shape):
            UntrainedNetwork(shape, height: height, width: width)
        }
    }
}
