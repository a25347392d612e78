/// What was computed with maps [N, H, W, C], and how to go back through it. Parameters are known by name.
final class MapTape {
    /// A result on the tape.
    struct Value {
        let maps: Tensor
        fileprivate let index: Int
    }

    private let parameters: [String: Tensor]
    private var backwards: [(Tensor) -> Void] = []
    private var sums: [Tensor?] = []
    private var gradients: [String: Tensor] = [:]

    init(_ parameters: [String: Tensor]) { self.parameters = parameters }

    /// Something that has no gradient.
    func constant(_ maps: Tensor) -> Value { record(maps) { _ in } }

    /// W * x + b, with the parameters `name.weight` and `name.bias`.
    func convolution(_ layer: ConvolutionLayer, _ x: Value, _ name: String, wantsInput: Bool = true) -> Value {
        let (weight, bias) = (parameters.named(name + ".weight"), parameters.named(name + ".bias"))
        return record(layer.forward(x.maps, weight: weight, bias: bias)) { [unowned self] dOutput in
            let found = layer.backward(dOutput: dOutput, input: x.maps, weight: weight, wantsInput: wantsInput)
            gradients[name + ".weight"] = found.weight
            gradients[name + ".bias"] = found.bias
            if let dInput = found.input { add(dInput, to: x) }
        }
    }

    /// Normalization of every channel, with the parameters `name.gamma` and `name.beta`.
    func norm(_ layer: ChannelNorm, _ x: Value, _ name: String) -> Value {
        let (gamma, beta) = (parameters.named(name + ".gamma"), parameters.named(name + ".beta"))
        return record(layer.forward(x.maps, gamma: gamma, beta: beta)) { [unowned self] dOutput in
            let found = layer.backward(dOutput: dOutput, input: x.maps, gamma: gamma)
            gradients[name + ".gamma"] = found.gamma
            gradients[name + ".beta"] = found.beta
            add(found.input, to: x)
        }
    }

    /// A nonlinearity.
    func activation(_ layer: MapActivation, _ x: Value) -> Value {
        let output = layer.forward(x.maps)
        return record(output) { [unowned self] in add(layer.backward(dOutput: $0, output: output), to: x) }
    }

    /// Maps twice as large, cut to a size at the right and below.
    func upsampled(_ layer: Upsampling, _ x: Value, height: Int, width: Int) -> Value {
        let large = layer.forward(x.maps)
        let (wide, high) = (large.shape[2], large.shape[1])
        return record(large.cut(height: height, width: width)) { [unowned self] in
            add(layer.backward($0.extended(height: high, width: wide)), to: x)
        }
    }

    /// Channels side by side.
    func joined(_ parts: [Value]) -> Value {
        record(Tensor.joiningChannels(parts.map(\.maps))) { [unowned self] dOutput in
            let gradients = dOutput.splittingChannels(parts.map { $0.maps.shape[3] })
            for (part, gradient) in zip(parts, gradients) { add(gradient, to: part) }
        }
    }

    /// Goes back.
    /// - Returns: the gradients of the parameters that were used.
    func backward(from value: Value, _ gradient: Tensor) -> [String: Tensor] {
        sums = backwards.map { _ in nil }
        gradients = [:]
        sums[value.index] = gradient
        for index in backwards.indices.reversed() {
            guard let sum = sums[index] else { continue }
            sums[index] = nil
            backwards[index](sum)
        }
        return gradients
    }

    private func record(_ maps: Tensor, _ backward: @escaping (Tensor) -> Void) -> Value {
        backwards.append(backward)
        return Value(maps: maps, index: backwards.count - 1)
    }

    private func add(_ gradient: Tensor, to value: Value) {
        guard var sum = sums[value.index] else {
            sums[value.index] = gradient
            return
        }
        sums[value.index] = nil
        sum.add(gradient)
        sums[value.index] = sum
    }
}

extension Tensor {
    /// The upper left part of maps [N, H, W, C].
    fileprivate func cut(height: Int, width: Int) -> Tensor {
        copied(to: [shape[0], height, width, shape[3]], rows: height, columns: width)
    }

    /// Maps with zeros at the right and below.
    fileprivate func extended(height: Int, width: Int) -> Tensor {
        copied(to: [shape[0], height, width, shape[3]], rows: shape[1], columns: shape[2])
    }

    private func copied(to target: Shape, rows: Int, columns: Int) -> Tensor {
        if target == shape { return self }
        let channels = shape[3]
        var result = Tensor(zeros: target)
        result.withUnsafeMutableBufferPointer { to in
            withUnsafeBufferPointer { from in
                for n in 0..<shape[0] {
                    for row in 0..<rows {
                        let (a, b) = ((n * shape[1] + row) * shape[2], (n * target[1] + row) * target[2])
                        for i in 0..<(columns * channels) { to[b * channels + i] = from[a * channels + i] }
                    }
                }
            }
        }
        return result
    }
}
