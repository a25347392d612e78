internal import CDreamSimKernels

/// y = x wᵀ on the calling thread, with w packed for it: for products that are large and made once.
/// - Parameters:
///   - x: [rows, inputs].
///   - w: [outputs, inputs].
///   - y: [rows, outputs].
package func multiplyPacking(_ x: MatrixView, _ w: MatrixView, into y: MatrixView) {
    precondition(
        x.columns == w.columns && y.rows == x.rows && y.columns == w.rows,
        "product of \(x.rows)x\(x.columns) and the transposed \(w.rows)x\(w.columns) into \(y.rows)x\(y.columns)")
    let inputs = w.columns
    let packed = Tensor(uninitialized: PackedMatrix.shape(outputs: w.rows, inputs: inputs)) { panels in
        dsv_pack(w.base, w.stride, w.rows, inputs, panels.baseAddress!)
    }
    packed.withUnsafeBufferPointer { panels in
        for input in stride(from: 0, to: inputs, by: Int(DSV_INPUT_BLOCK)) {
            var product = dsv_product()
            product.w = panels.baseAddress! + input * PackedMatrix.panel
            product.w_panel = inputs * PackedMatrix.panel
            product.x = UnsafePointer(x.base + input)
            product.x_stride = x.stride
            product.rows = x.rows
            product.inputs = min(Int(DSV_INPUT_BLOCK), inputs - input)
            product.outputs = w.rows
            product.y = y.base
            product.y_stride = y.stride
            product.adds = input > 0 ? 1 : 0
            product.activation = Int32(DSV_IDENTITY.rawValue)
            dsv_multiply_packed(&product)
        }
    }
}
