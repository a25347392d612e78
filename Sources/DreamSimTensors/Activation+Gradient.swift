internal import CDreamSimKernels

extension Activation {
    /// How many elements a thread takes at a time.
    private static let piece = 1 << 14

    /// y = activation(x), element by element; x may be y.
    package func forward(_ x: UnsafeMutableBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>) {
        precondition(x.count == y.count, "activation of \(x.count) elements into \(y.count)")
        let (x, y) = (MatrixView(x.baseAddress!, rows: 1, columns: x.count), y.baseAddress!)
        let target = MatrixView(y, rows: 1, columns: x.columns)
        Parallel.forEachRange(x.columns, multiple: Self.piece) { range in
            dsv_activate(kernel, x.base + range.lowerBound, range.count, target.base + range.lowerBound)
        }
    }

    /// dInput = dOutput * activation'(x), element by element; dOutput may be dInput.
    package func backward(
        _ x: UnsafeMutableBufferPointer<Float>, dOutput: UnsafeMutableBufferPointer<Float>,
        into dInput: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(
            x.count == dOutput.count && x.count == dInput.count,
            "activation over \(x.count) elements, gradients of \(dOutput.count) and \(dInput.count)")
        func view(_ buffer: UnsafeMutableBufferPointer<Float>) -> MatrixView {
            MatrixView(buffer.baseAddress!, rows: 1, columns: buffer.count)
        }
        let (x, dOutput, dInput) = (view(x), view(dOutput), view(dInput))
        Parallel.forEachRange(x.columns, multiple: Self.piece) { range in
            let first = range.lowerBound
            dsv_activate_backward(kernel, x.base + first, dOutput.base + first, range.count, dInput.base + first)
        }
    }
}
