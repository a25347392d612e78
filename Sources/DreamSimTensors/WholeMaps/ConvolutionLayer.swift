/// A convolution over whole maps [N, H, W, C] whose weights may change from call to call: y = W * x + b, without an
/// activation, and its backward pass.
///
/// For networks that are trained or fitted. Those that are only looked through have `Convolution`, which keeps its weights
/// packed and streams its maps.
package struct ConvolutionLayer: Hashable, Sendable {
    /// What lies around the maps.
    package enum Padding: Hashable, Sendable {
        /// Zeros.
        case zeros
        /// The map mirrored at its edge places, which are not repeated (`padding_mode="reflect"` in PyTorch); maps must be
        /// larger than the padding.
        case reflection
    }

    package let inputs: Int
    package let outputs: Int
    package let window: MapWindow
    package let padding: Padding

    /// - Parameters:
    ///   - inputs: the channels of x.
    ///   - outputs: the channels of y.
    ///   - size: the side of the kernel.
    ///   - step: from one window to the next.
    ///   - border: places around the maps, at most size - 1; `(size - 1) / 2` when nil, which keeps the extents.
    package init(
        inputs: Int, outputs: Int, size: Int, step: Int = 1, border: Int? = nil, padding: Padding = .zeros
    ) {
        let border = border ?? (size - 1) / 2
        precondition(
            inputs > 0 && outputs > 0 && size > 0 && step > 0 && (0..<size).contains(border),
            "convolution \(size)x\(size) of \(inputs) to \(outputs) channels, step \(step), border \(border)")
        (self.inputs, self.outputs, self.padding) = (inputs, outputs, padding)
        window = MapWindow(size: size, step: step, padding: border)
    }

    /// [outputs, size, size, inputs]; PyTorch has the inputs second.
    package var weightShape: Shape { [outputs, window.size, window.size, inputs] }

    /// The shape of y for one of x.
    package func outputShape(of shape: Shape) -> Shape {
        [shape[0], window.outputs(of: shape[1]), window.outputs(of: shape[2]), outputs]
    }

    /// y = W * x + b.
    /// - Parameters:
    ///   - x: [N, H, W, inputs].
    ///   - weight: of `weightShape`.
    ///   - bias: [outputs].
    /// - Returns: [N, H', W', outputs].
    package func forward(_ x: Tensor, weight: Tensor, bias: Tensor) -> Tensor {
        check(x, weight)
        let matrix = weight.reshaped([outputs, weight.count / outputs])
        let convolution = Convolution(
            weight: PackedMatrix(packing: matrix), bias: bias, inputChannels: inputs, window: window, activation: nil)
        let around = padded(x)
        return Tensor(uninitialized: outputShape(of: x.shape)) { y in
            let maps = MapRows.views(of: y.baseAddress!, shape: outputShape(of: x.shape))
            convolution.forward(around.padded, into: maps)
        }
    }

    func check(_ x: Tensor, _ weight: Tensor) {
        precondition(
            x.shape.rank == 4 && x.shape[3] == inputs && weight.shape == weightShape,
            "convolution of \(inputs) channels over \(x.shape) with weight \(weight.shape), not \(weightShape)")
        let out = outputShape(of: x.shape)
        precondition(out[1] > 0 && out[2] > 0, "maps \(x.shape) are too small for \(window)")
        precondition(
            padding == .zeros || min(x.shape[1], x.shape[2]) > window.padding,
            "maps \(x.shape) are too small to be mirrored by \(window.padding)")
    }

    /// x with its padding, and further zeros at the right so that rows are at least `pitch` places wide.
    func padded(_ x: Tensor, pitch: Int = 0) -> MapBatch {
        let border = window.padding
        let wide = x.shape[2] + 2 * border
        let batch = MapBatch(
            count: x.shape[0], .init(height: x.shape[1], width: x.shape[2], channels: inputs),
            border: .init(before: border, right: border + max(0, pitch - wide), bottom: border))
        batch.fill(from: x)
        if padding == .reflection && border > 0 {
            let target = batch.views(before: border, rows: x.shape[1] + 2 * border, columns: wide)
            for map in target { Mirror(map, border: border).extend() }
        }
        return batch
    }
}
