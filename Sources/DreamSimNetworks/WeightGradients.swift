/// Sums of gradients by the names of what they belong to.
package final class WeightGradients {
    /// The sums so far.
    package private(set) var tensors: [String: Tensor] = [:]

    package init() {}

    /// Calls a closure with a sum, zeros at first, as a matrix of its first extent by the others.
    func add(to name: String, _ shape: Shape, _ body: (MatrixView) -> Void) {
        tensors[name, default: Tensor(zeros: shape)].withUnsafeMutableBufferPointer { sum in
            body(MatrixView(sum.baseAddress!, rows: shape[0], columns: shape.count / shape[0]))
        }
    }

    /// Calls a closure with a vector's sum.
    func add(to name: String, count: Int, _ body: (MatrixView) -> Void) {
        add(to: name, [count]) { body(MatrixView($0.base, rows: 1, columns: count)) }
    }

    /// Adds the gradients of a linear layer's weight and bias.
    func add(
        _ layer: Linear, named name: String, stored: Shape? = nil, input: BlockedMatrix, dOutput: BlockedMatrix
    ) {
        add(to: name + ".weight", stored ?? [layer.outputs, layer.inputs]) {
            Linear.addWeightGradient(dOutput: dOutput, input: input, into: $0)
        }
        add(to: name + ".bias", count: layer.outputs) { Linear.addBiasGradient(dOutput: dOutput, into: $0) }
    }

    /// Adds the gradients of a linear layer whose outputs are multiplied with a scale, and those of the scale.
    ///
    /// With G = dYᵀ X and g the sum of dY over its rows, the gradient of scale o is W_o · G_o + b_o g_o: what the layer
    /// gave need not be kept.
    func add(
        _ layer: Linear, named name: String, scale: Tensor?, named scaleName: String, input: BlockedMatrix,
        dOutput: BlockedMatrix
    ) {
        guard let scale else { return add(layer, named: name, input: input, dOutput: dOutput) }
        let (outputs, inputs) = (layer.outputs, layer.inputs)
        var products = Tensor(zeros: [outputs, inputs])
        var sums = Tensor(zeros: [outputs])
        products.withUnsafeMutableBufferPointer {
            let target = MatrixView($0.baseAddress!, rows: outputs, columns: inputs)
            Linear.addWeightGradient(dOutput: dOutput, input: input, into: target)
        }
        sums.withUnsafeMutableBufferPointer {
            Linear.addBiasGradient(
                dOutput: dOutput, into: MatrixView($0.baseAddress!, rows: 1, columns: outputs))
        }
        let (product, sum) = (products.values, sums.values)
        let (weight, bias, scales) = (
            layer.weight.unpacked().values, layer.bias.values, scale.values
        )
        add(to: name + ".weight", [outputs, inputs]) { target in
            for o in 0..<outputs {
                for i in 0..<inputs { target.base[o * inputs + i] += scales[o] * product[o * inputs + i] }
            }
        }
        add(to: name + ".bias", count: outputs) { target in
            for o in 0..<outputs { target.base[o] += scales[o] * sum[o] }
        }
        add(to: scaleName, count: outputs) { target in
            for o in 0..<outputs {
                var total = Double(bias[o]) * Double(sum[o])
                for i in 0..<inputs {
                    total += Double(weight[o * inputs + i]) * Double(product[o * inputs + i])
                }
                target.base[o] += Float(total)
            }
        }
    }

    /// Adds a layer norm's gradients, which `body` computes into two rows of zeros, gamma's and beta's.
    func add(_ norm: String, width: Int, _ body: (LayerNorm.Gradient) -> Void) {
        var sums = [Float](repeating: 0, count: 2 * width)
        sums.withUnsafeMutableBufferPointer {
            let base = $0.baseAddress!
            body(
                LayerNorm.Gradient(
                    gamma: MatrixView(base, rows: 1, columns: width),
                    beta: MatrixView(base + width, rows: 1, columns: width)))
        }
        add(to: norm + ".weight", count: width) { target in for i in 0..<width { target.base[i] += sums[i] } }
        add(to: norm + ".bias", count: width) { target in for i in 0..<width { target.base[i] += sums[width + i] } }
    }
}
