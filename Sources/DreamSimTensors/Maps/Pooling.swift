internal import CDreamSimKernels

/// The largest value of each window, channel by channel.
package struct MaxPooling: MapLayer {
    package let window: MapWindow

    package init(size: Int, step: Int, roundsUp: Bool = false) {
        window = MapWindow(size: size, step: step, roundsUp: roundsUp)
    }

    package func outputChannels(of inputs: Int) -> Int { inputs }

    package func forward(_ x: [MapRows], into y: [MapRows]) {
        pool(x, into: y, window) { dsv_max_pool($0) }
    }
}

/// The root of the weighted mean of squares of each window, channel by channel (Hénaff and Simoncelli 2016), as DISTS has
/// it: windows of 3x3 with weights 1, 2, 1 on each axis, every second place, sqrt(mean + 1e-12).
package struct L2Pooling: MapLayer {
    package let window = MapWindow(size: 3, step: 2, padding: 1)

    package init() {}

    package func outputChannels(of inputs: Int) -> Int { inputs }

    package func forward(_ x: [MapRows], into y: [MapRows]) {
        pool(x, into: y, window) { dsv_l2_pool($0) }
    }
}

private func pool(
    _ x: [MapRows], into y: [MapRows], _ window: MapWindow, _ kernel: @Sendable (UnsafePointer<dsv_pooling>) -> Void
) {
    guard let first = y.first, first.rows > 0 else { return }
    precondition(
        x.count == y.count && x[0].channels == first.channels && x[0].rows > (first.rows - 1) * window.step
            && x[0].columns > (first.columns - 1) * window.step,
        "pooling of \(x[0].rows)x\(x[0].columns)x\(x[0].channels) into \(first.rows)x\(first.columns)x\(first.channels)"
    )
    Parallel.forEachRange(y.count * first.rows, multiple: 1) { range in
        for index in range {
            let (image, row) = index.quotientAndRemainder(dividingBy: first.rows)
            let source = x[image]
            var pooling = dsv_pooling(
                x: source.row(row * window.step), x_stride: source.stride, columns: source.columns,
                rows: source.rows - row * window.step, channels: source.channels, size: window.size, step: window.step,
                outputs: first.columns, y: y[image].row(row))
            kernel(&pooling)
        }
    }
}
