/// An image as the output of a convolutional network that has learnt nothing (Deep Image Prior; Ulyanov, Vedaldi and
/// Lempitsky 2018, the network with skip connections of their code): its weights are optimized while noise goes in.
///
/// Level by level: 3x3 convolution with a step of 2, then 3x3, whatever lies below, enlarged bilinearly, beside 1x1 across;
/// then 3x3 and 1x1. After every convolution the channels are normalized and pass a leaky ReLU of slope 0.2, and before the
/// way up they are normalized once more. Maps are mirrored at their borders. At the end 1x1 to three channels, and the
/// logistic function.
struct UntrainedNetwork: ImageParameterization {
    private let shape: UntrainedNetworkShape
    private let height: Int
    private let width: Int
    private let levels: Int
    /// Everything that is optimized: the shape, and the inputs that a weight sums over; nil for scales and offsets.
    private let layout: [(name: String, shape: Shape, fanIn: Int?)]

    private static let activation = MapActivation.leakyReLU(slope: 0.2)
    private static let norm = ChannelNorm(over: .image, epsilon: 1e-5)
    private static let input = "input"

    init(_ shape: UntrainedNetworkShape, height: Int, width: Int) {
        (self.shape, self.height, self.width) = (shape, height, width)
        var levels = 0
        while levels < shape.levels, min(height, width) >> (levels + 1) >= 4 { levels += 1 }
        self.levels = levels
        layout = Self.layout(shape, levels: levels)
    }

    private func block(_ inputs: Int, _ outputs: Int, size: Int, step: Int = 1) -> ConvolutionLayer {
        ConvolutionLayer(inputs: inputs, outputs: outputs, size: size, step: step, padding: .reflection)
    }

    /// The names and shapes of a network, in the order in which they are drawn.
    private static func layout(
        _ shape: UntrainedNetworkShape, levels: Int
    ) -> [(name: String, shape: Shape, fanIn: Int?)] {
        var layout: [(name: String, shape: Shape, fanIn: Int?)] = []
        func norm(_ name: String, _ channels: Int) {
            layout.append((name + ".gamma", [channels], nil))
            layout.append((name + ".beta", [channels], nil))
        }
        func convolution(_ name: String, _ inputs: Int, _ outputs: Int, _ size: Int, isLast: Bool = false) {
            layout.append((name + ".weight", [outputs, size, size, inputs], inputs * size * size))
            layout.append((name + ".bias", [outputs], inputs * size * size))
            if !isLast { norm(name, outputs) }
        }
        for level in 0..<levels {
            let inputs = level == 0 ? shape.inputChannels : shape.channels
            let prefix = "\(level)."
            if shape.skipChannels > 0 { convolution(prefix + "across", inputs, shape.skipChannels, 1) }
            convolution(prefix + "down1", inputs, shape.channels, 3)
            convolution(prefix + "down2", shape.channels, shape.channels, 3)
            norm(prefix + "joined", shape.channels + shape.skipChannels)
            convolution(prefix + "up1", shape.channels + shape.skipChannels, shape.channels, 3)
            convolution(prefix + "up2", shape.channels, shape.channels, 1)
        }
        convolution("last", levels > 0 ? shape.channels : shape.inputChannels, 3, 1, isLast: true)
        return layout
    }

    /// Weights and biases uniform within 1 / sqrt(inputs), as PyTorch has them, and the noise that goes in, from 0 to 0.1,
    /// which has no gradient and stays.
    func start(seed: UInt64) -> [String: Tensor] {
        var generator = SeededGenerator(state: SeededGenerator.mixed(seed))
        var result: [String: Tensor] = [:]
        for (name, shape, fanIn) in layout {
            guard let fanIn else {
                let value: Float = name.hasSuffix(".gamma") ? 1 : 0
                result[name] = Tensor([Float](repeating: value, count: shape.count), shape: shape)
                continue
            }
            let bound = 1 / Double(fanIn).squareRoot()
            result[name] = Tensor(
                (0..<shape.count).map { _ in Float((2 * generator.unit() - 1) * bound) }, shape: shape)
        }
        let noise: Shape = [1, height, width, shape.inputChannels]
        result[Self.input] = Tensor((0..<noise.count).map { _ in Float(0.1 * generator.unit()) }, shape: noise)
        return result
    }

    func parameters(of image: Tensor) -> [String: Tensor]? { nil }

    func rendered(_ parameters: [String: Tensor], noise: UInt64?) -> RenderedImage {
        var input = parameters.named(Self.input)
        if let noise, shape.inputNoise > 0 {
            var generator = SeededGenerator(state: SeededGenerator.mixed(noise))
            let fresh = generator.normals(input.count, spread: Float(shape.inputNoise))
            input.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] += fresh[i] } }
        }
        let tape = MapTape(parameters)
        let features = levels > 0 ? level(0, tape.constant(input), tape) : tape.constant(input)
        let last = block(features.maps.shape[3], 3, size: 1)
        let output = tape.activation(.sigmoid, tape.convolution(last, features, "last"))
        return RenderedImage(image: output.maps.channelsFirst()) { gradient in
            tape.backward(from: output, gradient.channelsLast())
        }
    }

    /// A level and all below it.
    private func level(_ index: Int, _ x: MapTape.Value, _ tape: MapTape) -> MapTape.Value {
        let (channels, prefix) = (shape.channels, "\(index).")
        let inputs = x.maps.shape[3]
        func layer(_ convolution: ConvolutionLayer, _ x: MapTape.Value, _ name: String, isFirst: Bool = false)
            -> MapTape.Value
        {
            let y = tape.convolution(convolution, x, prefix + name, wantsInput: !isFirst)
            return tape.activation(Self.activation, tape.norm(Self.norm, y, prefix + name))
        }
        let isFirst = index == 0
        var y = layer(block(inputs, channels, size: 3, step: 2), x, "down1", isFirst: isFirst)
        y = layer(block(channels, channels, size: 3), y, "down2")
        if index + 1 < levels { y = level(index + 1, y, tape) }
        y = tape.upsampled(.bilinear, y, height: x.maps.shape[1], width: x.maps.shape[2])
        if shape.skipChannels > 0 {
            y = tape.joined([layer(block(inputs, shape.skipChannels, size: 1), x, "across", isFirst: isFirst), y])
        }
        y = tape.norm(Self.norm, y, prefix + "joined")
        y = layer(block(y.maps.shape[3], channels, size: 3), y, "up1")
        return layer(block(channels, channels, size: 1), y, "up2")
    }
}
