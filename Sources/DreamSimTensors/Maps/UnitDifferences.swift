internal import CDreamSimKernels

/// Differences of features of unit length, as LPIPS compares them (Zhang et al. 2018).
package enum UnitDifferences {
    /// The sum over channels of weights[c] * (x / (|x| + 1e-10) - y / (|y| + 1e-10))² at every place, between a first map
    /// and each of the others.
    /// - Parameters:
    ///   - maps: rows of the first map, then those of the others.
    ///   - weights: [channels].
    ///   - result: [others, rows, columns].
    package static func compute(_ maps: [MapRows], weights: Tensor, into result: inout [Float]) {
        let (rows, columns, channels) = (maps[0].rows, maps[0].columns, maps[0].channels)
        precondition(
            weights.count == channels && result.count >= (maps.count - 1) * rows * columns,
            "\(weights.count) weights for \(channels) channels")
        result.withUnsafeMutableBufferPointer { result in
            weights.withUnsafeBufferPointer { weights in
                let work = Work(maps: maps, weights: weights.baseAddress!, result: result.baseAddress!)
                Parallel.forEachRange((maps.count - 1) * rows, multiple: 1) { range in
                    for index in range { work.run(index) }
                }
            }
        }
    }

    /// `@unchecked Sendable`: memory that outlives the parallel loop; every thread writes its own part of it.
    private struct Work: @unchecked Sendable {
        let maps: [MapRows]
        let weights: UnsafePointer<Float>
        let result: UnsafeMutablePointer<Float>

        func run(_ index: Int) {
            let first = maps[0]
            let (other, row) = index.quotientAndRemainder(dividingBy: first.rows)
            dsv_unit_differences(
                first.row(row), maps[other + 1].row(row), first.columns, first.channels, weights,
                result + index * first.columns)
        }
    }
}
