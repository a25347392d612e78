/// Makes maps [N, H, W, C] twice as high and as wide, as PyTorch's `Upsample(scale_factor=2)`, with the backward pass.
package enum Upsampling: Hashable, Sendable {
    /// Each place four times.
    case nearest
    /// Between the places, at quarters and three quarters; beyond the outermost they stay (`align_corners=False`).
    case bilinear

    /// [N, H, W, C] to [N, 2 H, 2 W, C].
    package func forward(_ x: Tensor) -> Tensor {
        precondition(x.shape.rank == 4, "upsampling of \(x.shape)")
        return eachRow(of: x, to: [x.shape[0], 2 * x.shape[1], 2 * x.shape[2], x.shape[3]], spread)
    }

    /// The gradient of x: [N, 2 H, 2 W, C] to [N, H, W, C].
    package func backward(_ dOutput: Tensor) -> Tensor {
        precondition(
            dOutput.shape.rank == 4 && dOutput.shape[1] % 2 == 0 && dOutput.shape[2] % 2 == 0,
            "gradient \(dOutput.shape) of an upsampling")
        let shape: Shape = [dOutput.shape[0], dOutput.shape[1] / 2, dOutput.shape[2] / 2, dOutput.shape[3]]
        return eachRow(of: dOutput, to: shape, gather)
    }

    /// Fills the rows of maps of a shape, each from a whole map of `x`, on several threads.
    private func eachRow(
        of x: Tensor, to shape: Shape, _ fill: @Sendable (MapRows, Int, UnsafeMutablePointer<Float>) -> Void
    ) -> Tensor {
        x.withUnsafeBufferPointer { source in
            Tensor(uninitialized: shape) { target in
                let sources = MapRows.views(reading: source.baseAddress!, shape: x.shape)
                let targets = MapRows.views(of: target.baseAddress!, shape: shape)
                Parallel.forEachRange(shape[0] * shape[1], multiple: 1) { range in
                    for index in range {
                        let (image, row) = index.quotientAndRemainder(dividingBy: shape[1])
                        fill(sources[image], row, targets[image].row(row))
                    }
                }
            }
        }
    }

    /// The two places that one of 2 * count is made from, and the second one's share.
    private struct Source {
        let first: Int
        let second: Int
        let share: Float

        /// The share of a place; 0 where it is neither.
        func share(of place: Int) -> Float { (first == place ? 1 - share : 0) + (second == place ? share : 0) }
    }

    private func source(_ index: Int, _ count: Int) -> Source {
        let place = index / 2
        guard self == .bilinear else { return Source(first: place, second: place, share: 0) }
        return Source(
            first: place, second: index % 2 == 0 ? max(place - 1, 0) : min(place + 1, count - 1), share: 0.25)
    }

    private func spread(_ x: MapRows, _ row: Int, _ y: UnsafeMutablePointer<Float>) {
        let (rows, channels) = (source(row, x.rows), x.channels)
        let (upper, lower) = (x.row(rows.first), x.row(rows.second))
        for column in 0..<(2 * x.columns) {
            let columns = source(column, x.columns)
            let (left, right, target) = (columns.first * channels, columns.second * channels, y + column * channels)
            for c in 0..<channels {
                let above = upper[left + c] + columns.share * (upper[right + c] - upper[left + c])
                let below = lower[left + c] + columns.share * (lower[right + c] - lower[left + c])
                target[c] = above + rows.share * (below - above)
            }
        }
    }

    /// Sums up what a row has given to others, which are at most two away.
    private func gather(_ dy: MapRows, _ row: Int, _ dx: UnsafeMutablePointer<Float>) {
        let channels = dy.channels
        dx.initialize(repeating: 0, count: dy.columns / 2 * channels)
        for line in max(0, 2 * row - 1)..<min(dy.rows, 2 * row + 3) {
            let part = source(line, dy.rows / 2).share(of: row)
            guard part > 0 else { continue }
            for column in 0..<dy.columns {
                let columns = source(column, dy.columns / 2)
                let gradient = dy.row(line) + column * channels
                let (first, second) = (dx + columns.first * channels, dx + columns.second * channels)
                for c in 0..<channels { first[c] += part * (1 - columns.share) * gradient[c] }
                guard columns.share > 0 else { continue }
                for c in 0..<channels { second[c] += part * columns.share * gradient[c] }
            }
        }
    }
}
