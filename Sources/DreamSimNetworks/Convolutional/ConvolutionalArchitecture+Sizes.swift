extension ConvolutionalArchitecture {
    /// The smallest side of images that all taps can be computed of.
    package var minimumSide: Int {
        (1...).first { side in
            var length = side
            for window in windows where length > 0 { length = window.outputs(of: length) }
            return length > 0
        } ?? 1
    }

    private var windows: [MapWindow] {
        steps.flatMap { step -> [MapWindow] in
            switch step {
            case .convolution(_, _, let size, let step, let padding):
                [MapWindow(size: size, step: step, padding: padding)]
            case .fire: []
            case .pooling(let size, let roundsUp): [MapWindow(size: size, step: 2, roundsUp: roundsUp)]
            case .tap: []
            }
        }
    }
}
