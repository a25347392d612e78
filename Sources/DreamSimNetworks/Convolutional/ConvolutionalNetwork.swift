import Synchronization

/// A convolutional network with its weights, ready to look through. Immutable, so that any number of threads may share it.
package final class ConvolutionalNetwork: Sendable {
    /// The architecture.
    package let architecture: ConvolutionalArchitecture
    /// The layers up to the last tap.
    package let layers: [any MapLayer]
    /// The layers after which is looked, by their index in `layers`.
    package let taps: [Int]
    private let packedForGradients = Mutex<[ConvolutionGradient?]?>(nil)

    /// The weights of each convolution's backward pass: a second copy, made at the first call.
    var gradients: [ConvolutionGradient?] {
        packedForGradients.withLock { packed in
            if let packed { return packed }
            let made = layers.map { ($0 as? Convolution).map { ConvolutionGradient(of: $0) } }
            packed = made
            return made
        }
    }

    /// How maps are made smaller between the convolutions.
    package enum Pooling: Sendable, Hashable {
        /// The largest value of each window, as the network was trained.
        case maximum
        /// The root of a weighted mean of squares, which does not alias, as DISTS replaces it.
        case l2
    }

    /// Builds the network from its weights.
    /// - Parameters:
    ///   - architecture: the network.
    ///   - weights: each convolution's `NAME.kernel` and `NAME.bias`, see `WeightSet.init(_:for:)`; and `NAME.scales`, see
    ///     `WeightSet.rounded(for:)`.
    ///   - last: the last tap that is wanted; all when nil.
    ///   - pooling: how maps are made smaller.
    /// - Throws: `DreamSimError` with `.missingWeight` or `.shapeMismatch`.
    package init(
        _ architecture: ConvolutionalArchitecture, weights: WeightSet, through last: String? = nil,
        pooling: Pooling = .maximum
    ) throws(DreamSimError) {
        self.architecture = architecture
        var layers: [any MapLayer] = []
        var taps: [Int] = []
        var channels = 3
        for step in architecture.steps(through: last) {
            for (name, outputs, inputs, window) in step.convolutions(of: channels) {
                layers.append(
                    Convolution(
                        weight: try weights.kernel(name, outputs: outputs, inputChannels: inputs, window),
                        bias: try weights.tensor(name + ".bias", [outputs]), inputChannels: inputs, window: window))
                channels = outputs
            }
            switch step {
            case .convolution, .fire: break
            case .pooling(let size, let roundsUp):
                switch pooling {
                case .maximum: layers.append(MaxPooling(size: size, step: 2, roundsUp: roundsUp))
                case .l2: layers.append(L2Pooling())
                }
            case .tap: taps.append(layers.count - 1)
            }
        }
        self.layers = layers
        self.taps = taps
    }
}

extension ConvolutionalArchitecture {
    /// The steps up to a tap.
    func steps(through last: String?) -> ArraySlice<Step> {
        let steps = self.steps
        guard let last, let end = steps.firstIndex(of: .tap(last)) else { return steps[...] }
        return steps[...end]
    }
}
