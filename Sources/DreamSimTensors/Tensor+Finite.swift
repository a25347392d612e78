internal import CDreamSimKernels

extension Tensor {
    /// Whether there is neither NaN nor infinity.
    package var isFinite: Bool {
        withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return true }
            return dsv_all_finite(base, values.count) != 0
        }
    }
}
