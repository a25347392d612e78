internal import CDreamSimKernels

/// Means, variances and covariance of the channels of two maps over their places, gathered row by row: each row's moments
/// about its own means, merged in double precision (Chan et al. 1979), so that nothing cancels where features are flat.
package struct Moments: Sendable {
    /// The places so far.
    package private(set) var count = 0.0
    /// Of each channel.
    package private(set) var meanX: [Double]
    /// Of each channel.
    package private(set) var meanY: [Double]
    private var squaresX: [Double]
    private var squaresY: [Double]
    private var products: [Double]

    package init(channels: Int) {
        let zeros = [Double](repeating: 0, count: channels)
        (meanX, meanY, squaresX, squaresY, products) = (zeros, zeros, zeros, zeros, zeros)
    }

    /// Takes moments that were computed elsewhere.
    /// - Parameters:
    ///   - squaresX: of each channel the sum of (x - mean)²; `squaresY` and `products` likewise.
    package init(
        count: Double, meanX: [Double], meanY: [Double], squaresX: [Double], squaresY: [Double], products: [Double]
    ) {
        (self.count, self.meanX, self.meanY) = (count, meanX, meanY)
        (self.squaresX, self.squaresY, self.products) = (squaresX, squaresY, products)
    }

    /// The variance of a channel of the first map, divided by the number of places.
    package func varianceX(_ channel: Int) -> Double { squaresX[channel] / count }
    /// The variance of a channel of the second map, divided by the number of places.
    package func varianceY(_ channel: Int) -> Double { squaresY[channel] / count }
    /// The covariance of a channel, divided by the number of places.
    package func covariance(_ channel: Int) -> Double { products[channel] / count }

    /// The standard deviation of each channel of the first map, divided by the number of places less one.
    package var deviations: [Double] { squaresX.map { ($0 / max(count - 1, 1)).squareRoot() } }

    /// Adds rows of maps.
    /// - Parameters:
    ///   - maps: rows of a first map, then those of the others.
    ///   - moments: between the first map and each of the others.
    package static func add(_ maps: [MapRows], to moments: inout [Moments]) {
        precondition(moments.count == maps.count - 1, "\(moments.count) moments of \(maps.count) maps")
        let pairs = maps.dropFirst().map { (maps[0], Optional($0)) }
        add(pairs, to: &moments)
    }

    /// Adds rows of single maps, each to its own moments; there is no second map.
    package static func add(single maps: [MapRows], to moments: inout [Moments]) {
        precondition(moments.count == maps.count, "\(moments.count) moments of \(maps.count) maps")
        add(maps.map { ($0, nil) }, to: &moments)
    }

    private static func add(_ pairs: [(MapRows, MapRows?)], to moments: inout [Moments]) {
        guard let (first, _) = pairs.first else { return }
        let (rows, channels) = (first.rows, first.channels)
        Workspace.withArena(of: pairs.count * rows * 5 * channels) { arena in
            let work = Work(pairs: pairs, result: arena.take(pairs.count * rows * 5 * channels))
            Parallel.forEachRange(pairs.count * rows, multiple: 1) { range in
                for index in range { work.run(index) }
            }
            for index in 0..<(pairs.count * rows) {
                let row = UnsafeBufferPointer(start: work.result + index * 5 * channels, count: 5 * channels)
                moments[index / rows].merge(row, places: Double(first.columns), pairs[0].1 != nil)
            }
        }
    }

    private mutating func merge(_ row: UnsafeBufferPointer<Float>, places: Double, _ hasSecond: Bool) {
        let channels = meanX.count
        let total = count + places
        // What the means move, and what their distance adds to the squares.
        let (share, spread) = (places / total, count * places / total)
        for c in 0..<channels {
            let deltaX = Double(row[c]) - meanX[c]
            meanX[c] += deltaX * share
            squaresX[c] += Double(row[2 * channels + c]) + deltaX * deltaX * spread
            guard hasSecond else { continue }
            let deltaY = Double(row[channels + c]) - meanY[c]
            meanY[c] += deltaY * share
            squaresY[c] += Double(row[3 * channels + c]) + deltaY * deltaY * spread
            products[c] += Double(row[4 * channels + c]) + deltaX * deltaY * spread
        }
        count = total
    }

    /// `@unchecked Sendable`: memory that outlives the parallel loop; every thread writes its own part of it.
    private struct Work: @unchecked Sendable {
        let pairs: [(MapRows, MapRows?)]
        let result: UnsafeMutablePointer<Float>

        func run(_ index: Int) {
            let rows = pairs[0].0.rows
            let (x, y) = pairs[index / rows]
            dsv_moments(
                x.row(index % rows), y?.row(index % rows), x.columns, x.channels, result + index * 5 * x.channels)
        }
    }
}
