extension LinearResampling {
    /// Resamples every plane of [..., H, W].
    package func forward(_ batch: Tensor) -> Tensor {
        resample(batch, height: newHeight, width: newWidth, forward)
    }

    /// The gradient of every plane, given that of what became of it.
    package func backward(_ gradient: Tensor) -> Tensor {
        resample(gradient, height: height, width: width, backward)
    }

    private func resample(
        _ batch: Tensor, height: Int, width: Int,
        _ body: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) -> Tensor {
        let leading = batch.shape.dimensions.dropLast(2)
        let planes = leading.reduce(1, *)
        return batch.withUnsafeBufferPointer { source in
            Tensor(uninitialized: Shape(leading + [height, width])) { target in
                let from = MatrixView(reading: source.baseAddress!, rows: planes, columns: source.count / planes)
                let to = MatrixView(target.baseAddress!, rows: planes, columns: target.count / planes)
                Parallel.forEach(planes) { body(from.rows($0..<($0 + 1)).base, to.rows($0..<($0 + 1)).base) }
            }
        }
    }
}
