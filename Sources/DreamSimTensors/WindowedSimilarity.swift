internal import CDreamSimKernels
import Foundation

/// Structural similarity (Wang et al. 2004) over all positions of a sliding window, channel by channel.
///
/// Images have three interleaved channels. Work is spread over tiles; the memory beyond the images is some 100 kB a
/// thread whatever their size, and the result does not depend on the number of threads.
package struct WindowedSimilarity: Sendable {
    /// The window's weights along one axis; 7 or 11.
    package let weights: [Float]
    /// What variances and covariances are multiplied with.
    package let covariance: Float
    /// The stabilizing constants, for values in 0...255.
    package let (c1, c2): (Float, Float)

    /// The means over all positions, for each channel.
    package struct Means: Sendable {
        /// Of structural similarity.
        package var similarity: [Double]
        /// Of its contrast-structure factor alone.
        package var contrast: [Double]
    }

    /// - Parameters:
    ///   - weights: the window's weights along one axis, 7 or 11 that add up to 1.
    ///   - covariance: what variances and covariances are multiplied with: 1 for those of a population.
    package init(weights: [Double], covariance: Double = 1) {
        precondition(weights.count == 7 || weights.count == 11, "a window of \(weights.count)")
        self.weights = weights.map(Float.init)
        self.covariance = Float(covariance)
        // K1 = 0.01 and K2 = 0.03 of the range.
        (c1, c2) = (0.01 * 0.01 * 255 * 255, 0.03 * 0.03 * 255 * 255)
    }

    /// Weights of a normal distribution, which add up to 1.
    package static func gaussian(taps: Int, sigma: Double) -> [Double] {
        let values = (0..<taps).map { i in
            let x = Double(i) - Double(taps - 1) / 2
            return exp(-x * x / (2 * sigma * sigma))
        }
        let sum = values.reduce(0, +)
        return values.map { $0 / sum }
    }

    /// The number of weights along one axis: the least side of an image.
    package var taps: Int { weights.count }

    // Chosen by measuring: the rows of a tile stay in the first-level cache.
    private static let (tileColumns, tileRows) = (128, 32)

    /// The means over all positions at which the window lies inside the images.
    /// - Parameters:
    ///   - pair: the images, at least `taps` on each side.
    ///   - map: receives SSIM itself, channels interleaved: (width - taps + 1) * (height - taps + 1) * 3 values.
    package func means(of pair: PixelPair, map: UnsafeMutableBufferPointer<Float>? = nil) -> Means {
        let (columns, rows) = (pair.width - taps + 1, pair.height - taps + 1)
        precondition(columns > 0 && rows > 0, "a window of \(taps) in \(pair.width)x\(pair.height)")
        precondition(map == nil || map?.count == columns * rows * 3, "a map of \(map?.count ?? 0) values")
        let across = (columns + Self.tileColumns - 1) / Self.tileColumns
        let down = (rows + Self.tileRows - 1) / Self.tileRows
        var totals = [Double](repeating: 0, count: across * down * 6)
        totals.withUnsafeMutableBufferPointer { totals in
            let targets = Targets(totals: totals.baseAddress!, map: map?.baseAddress)
            let lanes = min(Parallel.threads, across * down)
            let scratch = (0..<lanes).map { _ in Scratch(taps: taps, columns: Self.tileColumns) }
            Parallel.forEach(across * down, lanes: lanes) { index, lane in
                let (x, y) = (index % across * Self.tileColumns, index / across * Self.tileRows)
                tile(
                    pair, columns: x..<min(x + Self.tileColumns, columns), rows: y..<min(y + Self.tileRows, rows),
                    scratch: scratch[lane], totals: targets.totals + index * 6,
                    map: targets.map.map { $0 + x * 3 }, stride: columns * 3)
            }
        }
        let positions = Double(columns) * Double(rows)
        func mean(_ which: Int) -> Double {
            stride(from: which, to: totals.count, by: 6).reduce(0) { $0 + totals[$1] } / positions
        }
        return Means(similarity: (0..<3).map(mean), contrast: (3..<6).map(mean))
    }

    private func tile(
        _ pair: PixelPair, columns: Range<Int>, rows: Range<Int>, scratch: Scratch,
        totals: UnsafeMutablePointer<Double>, map: UnsafeMutablePointer<Float>?, stride: Int
    ) {
        let wide = (columns.count + taps - 1) * 3
        for y in rows.lowerBound..<(rows.upperBound + taps - 1) {
            let slot = y % taps
            let (sums, differences) = pair.rows(y, from: columns.lowerBound, count: wide, into: scratch.row(slot))
            (scratch.sums[slot], scratch.differences[slot]) = (sums, differences)
            let row = y - taps + 1
            guard row >= rows.lowerBound else { continue }
            // The window's rows in their order.
            for k in 0..<taps {
                scratch.ordered[k] = scratch.sums[(row + k) % taps]
                scratch.ordered[taps + k] = scratch.differences[(row + k) % taps]
            }
            weights.withUnsafeBufferPointer { weights in
                var job = dsv_similarity(
                    sums: scratch.ordered, differences: scratch.ordered + taps, weights: weights.baseAddress,
                    taps: taps, count: columns.count * 3, c1: c1, c2: c2, covariance: covariance,
                    scratch: scratch.moments, similarity: map.map { $0 + row * stride }, totals: totals)
                dsv_similarity_row(&job)
            }
        }
    }

    /// `@unchecked Sendable`: each tile writes its own totals and its own part of the map.
    private struct Targets: @unchecked Sendable {
        let totals: UnsafeMutablePointer<Double>
        let map: UnsafeMutablePointer<Float>?
    }

    /// The memory of one thread.
    ///
    /// `@unchecked Sendable`: one thread at a time uses it.
    private final class Scratch: @unchecked Sendable {
        typealias Row = UnsafePointer<Float>?
        let sums: UnsafeMutablePointer<Row>
        let differences: UnsafeMutablePointer<Row>
        let ordered: UnsafeMutablePointer<Row>
        let moments: UnsafeMutablePointer<Float>
        private let values: UnsafeMutablePointer<Float>
        private let stride: Int

        init(taps: Int, columns: Int) {
            sums = .allocate(capacity: 4 * taps)
            sums.initialize(repeating: nil, count: 4 * taps)
            (differences, ordered) = (sums + taps, sums + 2 * taps)
            stride = ((columns + taps - 1) * 3 + 2 * Int(DSV_SIMILARITY_SLACK)) / 16 * 16
            let count = 2 * taps * stride
            let moments = dsv_similarity_scratch(columns * 3, taps)
            values = .allocate(capacity: count + moments)
            values.initialize(repeating: 0, count: count + moments)
            self.moments = values + count
        }

        /// Where the sums and the differences of a row may lie.
        func row(_ slot: Int) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) {
            (values + 2 * slot * stride, values + (2 * slot + 1) * stride)
        }

        deinit {
            sums.deallocate()
            values.deallocate()
        }
    }
}
