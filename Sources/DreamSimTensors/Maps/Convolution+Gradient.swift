/// The backward pass of a convolution: the gradient of its input, given that of its output.
///
/// It is a convolution itself, of the output's gradient with the kernel turned around. With a step s, places of the input
/// that lie s apart see the same values of the kernel, and those between see others: of each of the s kinds of rows the
/// s kinds of columns are made together, as outputs that lie side by side.
package struct ConvolutionGradient: Sendable {
    /// For each kind of rows: s * input channels outputs.
    private let kinds: [Convolution]
    private let window: MapWindow
    private let inputChannels: Int
    /// The side of the kernels that the output's gradient meets.
    private let taps: Int

    /// Turns a convolution's kernel around.
    package init(of convolution: Convolution) {
        self.init(
            weight: convolution.weight.unpacked(), inputChannels: convolution.inputChannels,
            window: convolution.window)
    }

    /// - Parameter weight: [outputs, size * size * inputChannels], as the convolution's.
    package init(weight: Tensor, inputChannels: Int, window: MapWindow) {
        let (size, step, outputs) = (window.size, window.step, weight.shape[0])
        precondition(
            weight.shape == [outputs, size * size * inputChannels] && window.padding < size && !window.roundsUp,
            "gradient of a convolution \(window) with weight \(weight.shape)")
        let taps = (size + step - 1) / step
        (self.window, self.inputChannels, self.taps) = (window, inputChannels, taps)
        let bias = Tensor(zeros: [step * inputChannels])
        kinds = weight.withUnsafeBufferPointer { weight in
            (0..<step).map { kind in
                let turned = Tensor(uninitialized: [step * inputChannels, taps * taps * outputs]) { turned in
                    var next = 0
                    for column in 0..<step {
                        for channel in 0..<inputChannels {
                            for i in 0..<taps {
                                for j in 0..<taps {
                                    let (y, x) = (step * (taps - 1 - i) + kind, step * (taps - 1 - j) + column)
                                    let source = (y * size + x) * inputChannels + channel
                                    for output in 0..<outputs {
                                        turned[next] =
                                            y < size && x < size
                                            ? weight[output * size * size * inputChannels + source] : 0
                                        next += 1
                                    }
                                }
                            }
                        }
                    }
                }
                return Convolution(
                    weight: PackedMatrix(packing: turned), bias: bias, inputChannels: outputs,
                    window: MapWindow(size: taps), activation: nil)
            }
        }
    }

    /// What lies where along an axis.
    package struct Axis: Hashable, Sendable {
        /// The places of the input's gradient that come together: the map's, and fewer than a step on either side.
        package let places: Int
        /// Which of them is the first of those asked for.
        package let offset: Int
        /// The zeros that the output's gradient must have before it.
        package let before: Int
        /// And after it.
        package let after: Int
        /// The places of the output's gradient that are read, with the zeros before.
        package let read: Int
    }

    /// Plans an axis.
    /// - Parameters:
    ///   - length: the input's places, without padding.
    ///   - wanted: the places whose gradient is wanted, counted from the first padded one.
    package func axis(_ length: Int, wanted: Range<Int>) -> Axis {
        let step = window.step
        let first = wanted.lowerBound / step
        let count = (wanted.upperBound - first * step + step - 1) / step
        return Axis(
            places: count * step, offset: wanted.lowerBound - first * step, before: taps - 1 - first,
            after: max(0, first + count - window.outputs(of: length)), read: count + taps - 1)
    }

    /// Plans an axis for the gradient of the map itself.
    package func axis(_ length: Int) -> Axis {
        axis(length, wanted: window.padding..<(window.padding + length))
    }

    /// Multiplications and additions a place of the output's gradient.
    package var operations: Int { kinds.reduce(0) { $0 + $1.operations(places: 1) } }

    /// dInput = the gradient, or dInput += it.
    /// - Parameters:
    ///   - dOutput: of each image the output's gradient with the zeros that the axes ask for.
    ///   - dInput: as many rows and columns as the axes say.
    ///   - adding: whether the gradient is added.
    ///   - gates: of each image, the input where it is the result of a ReLU, through which the gradient continues; with a
    ///     step of 1 only. Empty for none.
    package func backward(
        _ dOutput: [MapRows], into dInput: [MapRows], adding: Bool = false, gates: [MapGate] = []
    ) {
        let step = window.step
        precondition(gates.isEmpty || step == 1, "gates with a step of \(step)")
        precondition(
            dInput.allSatisfy { $0.rows % step == 0 && $0.columns % step == 0 && $0.channels == inputChannels },
            "gradient of \(dInput[0].rows)x\(dInput[0].columns)x\(dInput[0].channels) with a step of \(step)")
        for (kind, convolution) in kinds.enumerated() {
            let rows = dInput.map {
                MapRows(
                    $0.row(kind), rows: $0.rows / step, columns: $0.columns / step, channels: step * inputChannels,
                    stride: step * $0.stride)
            }
            convolution.forward(dOutput, into: rows, adding: adding, gates: gates)
        }
    }
}
