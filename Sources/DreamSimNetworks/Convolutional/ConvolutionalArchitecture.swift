/// The convolutional networks through which learned metrics see.
package enum ConvolutionalArchitecture: String, Sendable, Hashable, Codable, CaseIterable {
    /// VGG with 13 convolutions (Simonyan and Zisserman 2014).
    case vgg16
    /// AlexNet as torchvision has it (Krizhevsky 2014, "one weird trick").
    case alexnet
    /// SqueezeNet 1.1 (Iandola et al. 2016).
    case squeezenet = "squeezenet1_1"

    /// One step of the network; names are those of torchvision's weights.
    enum Step: Hashable {
        /// A convolution and a ReLU.
        case convolution(String, outputs: Int, size: Int, step: Int = 1, padding: Int)
        /// 1x1 to `squeeze` channels, then 1x1 and 3x3 to `expand` channels each, side by side; all with a ReLU.
        case fire(String, squeeze: Int, expand: Int)
        /// The largest values of windows.
        case pooling(size: Int, roundsUp: Bool = false)
        /// What has come out so far is looked at.
        case tap(String)

        /// The convolutions of a step as their weights are arranged, where those that end a fire module are one.
        /// - Parameter channels: of the step's input.
        func convolutions(of channels: Int) -> [(name: String, outputs: Int, inputs: Int, window: MapWindow)] {
            switch self {
            case .convolution(let name, let outputs, let size, let step, let padding):
                [(name, outputs, channels, MapWindow(size: size, step: step, padding: padding))]
            case .fire(let name, let squeeze, let expand):
                [
                    (name + ".squeeze", squeeze, channels, MapWindow(size: 1)),
                    (name + ".expand", 2 * expand, squeeze, MapWindow(size: 3, padding: 1)),
                ]
            case .pooling, .tap: []
            }
        }
    }

    /// The steps as far as anyone looks.
    var steps: [Step] {
        switch self {
        case .vgg16:
            var steps: [Step] = []
            var index = 0
            for (group, (count, outputs)) in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)].enumerated() {
                if group > 0 {
                    steps.append(.pooling(size: 2))
                    index += 1
                }
                for _ in 0..<count {
                    steps.append(.convolution("features.\(index)", outputs: outputs, size: 3, padding: 1))
                    index += 2
                }
                steps.append(.tap("relu\(group + 1)_\(count)"))
            }
            return steps
        case .alexnet:
            return [
                .convolution("features.0", outputs: 64, size: 11, step: 4, padding: 2), .tap("relu1"),
                .pooling(size: 3), .convolution("features.3", outputs: 192, size: 5, padding: 2), .tap("relu2"),
                .pooling(size: 3), .convolution("features.6", outputs: 384, size: 3, padding: 1), .tap("relu3"),
                .convolution("features.8", outputs: 256, size: 3, padding: 1), .tap("relu4"),
                .convolution("features.10", outputs: 256, size: 3, padding: 1), .tap("relu5"),
            ]
        case .squeezenet:
            return [
                .convolution("features.0", outputs: 64, size: 3, step: 2, padding: 0), .tap("relu1"),
                .pooling(size: 3, roundsUp: true), .fire("features.3", squeeze: 16, expand: 64),
                .fire("features.4", squeeze: 16, expand: 64), .tap("fire2"), .pooling(size: 3, roundsUp: true),
                .fire("features.6", squeeze: 32, expand: 128), .fire("features.7", squeeze: 32, expand: 128),
                .tap("fire4"), .pooling(size: 3, roundsUp: true), .fire("features.9", squeeze: 48, expand: 192),
                .tap("fire5"), .fire("features.10", squeeze: 48, expand: 192), .tap("fire6"),
                .fire("features.11", squeeze: 64, expand: 256), .tap("fire7"),
                .fire("features.12", squeeze: 64, expand: 256), .tap("fire8"),
            ]
        }
    }

    /// The places that can be looked at, in their order, with their channels.
    package var taps: [(name: String, channels: Int)] {
        var channels = 3
        var taps: [(name: String, channels: Int)] = []
        for step in steps {
            switch step {
            case .convolution(_, let outputs, _, _, _): channels = outputs
            case .fire(_, _, let expand): channels = 2 * expand
            case .pooling: break
            case .tap(let name): taps.append((name, channels))
            }
        }
        return taps
    }
}
