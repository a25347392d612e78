import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import TestSupport
import Testing

/// the backward pass through whole networks with random weights, against the differences of plain loops in double precision.
@Suite("Backward pass of convolutional networks")
struct MapRecordingTests {
    /// A network with random weights whose maps keep their size from layer to layer.
    static func network(
        _ architecture: ConvolutionalArchitecture, through last: String? = nil,
        pooling: ConvolutionalNetwork.Pooling = .maximum
    ) throws -> ConvolutionalNetwork {
        try ConvolutionalNetwork(architecture, weights: weights(architecture), through: last, pooling: pooling)
    }

    static func weights(_ architecture: ConvolutionalArchitecture) -> WeightSet {
        var tensors: [String: Tensor] = [:]
        var generator = SeededGenerator(state: 5)
        for (name, outputs, inputs) in layers(architecture) {
            let range = Float(6 / Double(inputs)).squareRoot()
            let weight = Tensor(
                (0..<(outputs * inputs)).map { _ in Float.random(in: -range...range, using: &generator) },
                shape: [outputs, inputs])
            guard case .single(let panels) = PackedMatrix(packing: weight).panels else { continue }
            tensors[name + ".kernel"] = panels
            tensors[name + ".bias"] = Tensor(
                (0..<outputs).map { _ in Float.random(in: -0.1...0.1, using: &generator) }, shape: [outputs])
        }
        return WeightSet(origin: "random", tensors: tensors)
    }

    /// Names, outputs and inputs of every product.
    static func layers(_ architecture: ConvolutionalArchitecture) -> [(String, Int, Int)] {
        switch architecture {
        case .vgg16:
            let widths = [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512]
            var (channels, index) = (3, 0)
            return widths.compactMap { width in
                defer { index += width == 0 ? 1 : 2 }
                guard width > 0 else { return nil }
                defer { channels = width }
                return ("features.\(index)", width, 9 * channels)
            }
        case .alexnet:
            return [
                ("features.0", 64, 363), ("features.3", 192, 1600), ("features.6", 384, 1728),
                ("features.8", 256, 3456), ("features.10", 256, 2304),
            ]
        case .squeezenet:
            var channels = 64
            return [("features.0", 64, 27)]
                + [
                    (3, 16, 64), (4, 16, 64), (6, 32, 128), (7, 32, 128), (9, 48, 192), (10, 48, 192), (11, 64, 256),
                    (12, 64, 256),
                ].flatMap { index, squeeze, expand in
                    defer { channels = 2 * expand }
                    return [
                        ("features.\(index).squeeze", squeeze, channels),
                        ("features.\(index).expand", 2 * expand, 9 * squeeze),
                    ]
                }
        }
    }

    /// A channels-last map in double precision.
    struct Plain {
        let height: Int
        let width: Int
        let channels: Int
        var values: [Double]

        func next(_ layer: any MapLayer, _ weight: [Double], _ bias: [Double]) -> Plain {
            let window = layer.window
            let (rows, columns) = (window.outputs(of: height), window.outputs(of: width))
            let outputs = layer.outputChannels(of: channels)
            var result = Plain(
                height: rows, width: columns, channels: outputs,
                values: [Double](repeating: 0, count: rows * columns * outputs))
            for y in 0..<rows {
                for x in 0..<columns {
                    let start = (y * columns + x) * outputs
                    let isConvolution = layer is Convolution
                    for o in 0..<outputs where isConvolution { result.values[start + o] = bias[o] }
                    for o in 0..<outputs where layer is L2Pooling { result.values[start + o] = 1e-12 }
                    for i in 0..<window.size {
                        let row = y * window.step + i - window.padding
                        guard row >= 0, row < height else { continue }
                        for j in 0..<window.size {
                            let column = x * window.step + j - window.padding
                            guard column >= 0, column < width else { continue }
                            let source = (row * width + column) * channels
                            let tap = i * window.size + j
                            for o in 0..<outputs {
                                let at = start + o
                                switch layer {
                                case is Convolution:
                                    let base = (o * window.size * window.size + tap) * channels
                                    var sum = 0.0
                                    for c in 0..<channels { sum += weight[base + c] * values[source + c] }
                                    result.values[at] += sum
                                case is L2Pooling:
                                    let share = [0.25, 0.5, 0.25][i] * [0.25, 0.5, 0.25][j]
                                    result.values[at] += share * values[source + o] * values[source + o]
                                default: result.values[at] = max(result.values[at], values[source + o])
                                }
                            }
                        }
                    }
                    for o in 0..<outputs where isConvolution {
                        result.values[start + o] = max(result.values[start + o], 0)
                    }
                    for o in 0..<outputs where layer is L2Pooling {
                        result.values[start + o] = result.values[start + o].squareRoot()
                    }
                }
            }
            return result
        }
    }

    /// The sum over the taps of the maps times weights.
    static func loss(
        _ network: ConvolutionalNetwork, _ image: Plain, _ parameters: [(weight: [Double], bias: [Double])]
    ) -> Double {
        var map = image
        var sum = 0.0
        for (index, layer) in network.layers.enumerated() {
            map = map.next(layer, parameters[index].weight, parameters[index].bias)
            guard let tap = network.taps.firstIndex(of: index) else { continue }
            for i in map.values.indices { sum += weight(tap, i) * map.values[i] }
        }
        return sum
    }

    static func weight(_ tap: Int, _ index: Int) -> Double { Double((index * 7 + tap * 3) % 11 - 5) / 5 }

    static let cases: [(ConvolutionalArchitecture, String?, ConvolutionalNetwork.Pooling, Int, Int)] = [
        (.alexnet, nil, .maximum, 39, 46), (.squeezenet, nil, .maximum, 21, 26),
        (.vgg16, "relu3_3", .maximum, 9, 13), (.vgg16, "relu4_3", .l2, 9, 11), (.vgg16, "relu2_2", .l2, 1, 1),
    ]

    @Test("Gradients of images agree with finite differences", arguments: 0..<cases.count)
    func gradient(index: Int) throws {
        let (architecture, last, pooling, height, width) = Self.cases[index]
        let network = try Self.network(architecture, through: last, pooling: pooling)
        let shape: Shape = [2, 3, height, width]
        var generator = SeededGenerator(state: 9)
        let values = (0..<shape.count).map { _ in Float.random(in: -1...1, using: &generator) }
        let scaling = InputScaling(gain: 2, shift: 0.25, mean: [0.1, -0.2, 0], deviation: [1, 0.5, 2])
        let recording = MapRecording(network, of: Tensor(values, shape: shape), scaling: scaling)
        var order: [Int] = []
        let gradient = recording.backward { tap, targets in
            order.append(tap)
            for (n, target) in targets.enumerated() {
                let map = recording.maps(at: tap)[n]
                for y in 0..<map.rows {
                    for i in 0..<(map.columns * map.channels) {
                        let weight = Self.weight(tap, y * map.columns * map.channels + i)
                        target.row(y)[i] = map.row(y)[i] > 0 ? Float(weight) : 0
                    }
                }
            }
        }
        #expect(order == network.taps.indices.reversed())
        #expect(gradient.shape == shape)
        let parameters = network.layers.map { layer -> (weight: [Double], bias: [Double]) in
            guard let layer = layer as? Convolution else { return ([], []) }
            return (layer.weight.unpacked().values.map(Double.init), layer.bias.values.map(Double.init))
        }
        let plane = height * width
        for n in 0..<2 {
            let part = gradient.values[(n * 3 * plane)..<((n + 1) * 3 * plane)].map(Double.init)
            let image = values[(n * 3 * plane)..<((n + 1) * 3 * plane)].map(Double.init)
            func loss(_ image: [Double]) -> Double {
                let (mean, deviation) = ([0.1, -0.2, 0.0], [1.0, 0.5, 2.0])
                var seen: [Double] = []
                for i in 0..<plane {
                    for c in 0..<3 {
                        let centered: Double = 2 * image[c * plane + i] - 0.25 - mean[c]
                        seen.append(centered / deviation[c])
                    }
                }
                return Self.loss(network, Plain(height: height, width: width, channels: 3, values: seen), parameters)
            }
            let square: Double = part.reduce(0.0) { $0 + $1 * $1 }
            let size = square.squareRoot()
            #expect(size > 0.1)
            for seed in 0..<2 {
                var generator = SeededGenerator(state: UInt64(100 + seed))
                let direction = part.map { _ in Double.random(in: -1...1, using: &generator) }
                func moved(_ t: [Double]) -> Double {
                    let image: [Double] = zip(image, direction).map { $0 + t[0] * $1 }
                    return loss(image)
                }
                let expected = FiniteDifferences.gradient(of: moved, at: [0], indices: [0], step: 1e-7)[0]
                let actual: Double = zip(part, direction).reduce(0.0) { $0 + $1.0 * $1.1 }
                #expect(abs(actual - expected) < 1e-4 * size, "\(architecture): \(actual) for \(expected), of \(size)")
            }
        }
        // The same without the other image, and on other threads.
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = 3
        let alone = MapRecording(
            network, of: Tensor(values[(3 * plane)...], shape: [1, 3, height, width]), scaling: scaling)
        let again = alone.backward { tap, targets in
            let map = alone.maps(at: tap)[0]
            for y in 0..<map.rows {
                for i in 0..<(map.columns * map.channels) {
                    let weight = Self.weight(tap, y * map.columns * map.channels + i)
                    targets[0].row(y)[i] = map.row(y)[i] > 0 ? Float(weight) : 0
                }
            }
        }
        #expect(Difference(again.values, Array(gradient.values[(3 * plane)...])).relativeL2 < 1e-6)
    }

    @Test("Statistics of channels give back what their differences say, and flat channels nothing")
    func statistics() throws {
        let taps = ["relu1_2", "relu3_3"]
        let network = try Self.network(.vgg16, through: "relu3_3")
        let shape: Shape = [2, 3, 24, 20]
        var generator = SeededGenerator(state: 9)
        func image(_ range: ClosedRange<Float>) -> Tensor {
            Tensor((0..<shape.count).map { _ in Float.random(in: range, using: &generator) }, shape: shape)
        }
        let (x, direction) = (image(0...1), image(-1...1))
        let recording = StatisticsRecording(network, of: x, at: taps)
        #expect(Difference(recording.features, network.deviations(of: x, at: taps)).relativeL2 < 1e-6)
        let dFeatures = Tensor(
            (0..<recording.features.count).map { _ in Float.random(in: -1...1, using: &generator) },
            shape: recording.features.shape)
        let gradient = recording.backward(dFeatures)
        func total(_ step: Float) -> Double {
            let moved = Tensor(zip(x.values, direction.values).map { $0 + step * $1 }, shape: shape)
            return zip(network.deviations(of: moved, at: taps).values, dFeatures.values).reduce(0) {
                $0 + Double($1.0) * Double($1.1)
            }
        }
        let expected = (total(1e-3) - total(-1e-3)) / 2e-3
        let actual = zip(gradient.values, direction.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let size = gradient.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(actual - expected) < 0.02 * size, "\(actual) for \(expected), of \(size)")
        let flat = Tensor([Float](repeating: 0.5, count: shape.count), shape: shape)
        #expect(
            StatisticsRecording(network, of: flat, at: taps).backward(dFeatures).values.allSatisfy { $0.isFinite })
    }
}
