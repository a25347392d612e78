/// Count, mean and scatter of embeddings: what the Fréchet distance needs to know of a set.
///
/// Rows are added in one pass, and moments of parts of a set are merged, on one machine or many, in any order; the result
/// equals that of one pass up to rounding (Chan, Golub and LeVeque 1979: deviations are taken from the parts' own means, so that
/// nothing large is subtracted from something large). Memory: 8 bytes for each pair of components, whatever the number of images.
public struct SetMoments: Sendable {
    /// The number of rows.
    public private(set) var count: Int
    /// The number of components.
    public let width: Int
    /// The mean of the rows.
    public private(set) var mean: [Double]
    /// The sums of products of deviations from the mean, row-major [width, width]; only the blocks of `blocks` are kept up to
    /// date, which hold the upper triangle.
    private var scatter: [Double]
    /// What made the embeddings, of the first rows that were added.
    public private(set) var stamp: ModelStamp?
    private var name: String?

    private static let rowsTogether = 512, side = 256

    /// Moments of no rows.
    /// - Parameter width: the number of components of a row, at least 1.
    public init(width: Int) {
        precondition(width > 0, "moments of rows of \(width)")
        (count, self.width) = (0, width)
        mean = [Double](repeating: 0, count: width)
        scatter = [Double](repeating: 0, count: width * width)
    }

    /// Takes moments that were computed elsewhere.
    /// - Parameters:
    ///   - mean: `width` numbers.
    ///   - scatter: the sums of products of deviations from the mean, row-major, symmetric.
    /// - Throws: `DreamSimError` with `.badValue` for a negative count, other lengths or numbers that are not finite.
    public init(count: Int, mean: [Double], scatter: [Double]) throws(DreamSimError) {
        guard count >= 0, !mean.isEmpty, scatter.count == mean.count * mean.count,
            mean.allSatisfy(\.isFinite), scatter.allSatisfy(\.isFinite)
        else {
            throw DreamSimError(
                .badValue, "moments",
                "of \(count) rows, with \(mean.count) means and \(scatter.count) sums, are not finite or do not fit together"
            )
        }
        (self.count, width, self.mean, self.scatter) = (count, mean.count, mean, scatter)
    }

    /// The sums of products of deviations from the mean, row-major [width, width], symmetric.
    public var symmetricScatter: [Double] {
        var whole = scatter
        for row in 0..<width { for column in 0..<row { whole[row * width + column] = whole[column * width + row] } }
        return whole
    }

    /// Adds rows.
    /// - Throws: `DreamSimError` with `.incomparable` for another width or model.
    /// - Complexity: O(rows · width²), on all threads.
    public mutating func add(_ vectors: SetVectors) throws(DreamSimError) {
        try add(vectors, rows: 0..<vectors.count)
    }

    mutating func add(_ vectors: SetVectors, rows: Range<Int>) throws(DreamSimError) {
        if count > 0 || vectors.width != width {
            try SetStatistics.check(
                (name ?? "moments", width, stamp), (vectors.name, vectors.width, vectors.stamp))
        }
        (stamp, name) = (stamp ?? vectors.stamp, name ?? vectors.name)
        vectors.withRows { source in
            for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsTogether) {
                add(source, start..<min(start + Self.rowsTogether, rows.upperBound))
            }
        }
    }

    private mutating func add(_ source: SetVectors.Rows, _ rows: Range<Int>) {
        let (width, number) = (width, rows.count)
        var block = [Double](repeating: 0, count: number * width)
        var center = [Double](repeating: 0, count: width)
        block.withUnsafeMutableBufferPointer { buffer in
            let block = UnsafeSendablePointer(buffer.baseAddress!)
            Parallel.forEachRange(number, multiple: 16) { range in
                source.copy(
                    (rows.lowerBound + range.lowerBound)..<(rows.lowerBound + range.upperBound),
                    to: block.pointer + range.lowerBound * width)
            }
            center.withUnsafeMutableBufferPointer { buffer in
                let center = UnsafeSendablePointer(buffer.baseAddress!)
                Parallel.forEachRange(width, multiple: 64) { columns in
                    for row in 0..<number {
                        for i in columns { center.pointer[i] += block.pointer[row * width + i] }
                    }
                    for i in columns { center.pointer[i] /= Double(number) }
                    for row in 0..<number {
                        for i in columns { block.pointer[row * width + i] -= center.pointer[i] }
                    }
                }
            }
            addProducts(of: DoubleView(block.pointer, rows: number, columns: width))
        }
        shift(to: center, of: number)
    }

    /// Adds the products of deviations, a block of components with another at a time.
    private mutating func addProducts(of block: DoubleView) {
        let width = width
        let edges = stride(from: 0, to: width, by: Self.side).map { $0..<min($0 + Self.side, width) }
        let pairs = edges.indices.flatMap { i in edges[i...].map { (edges[i], $0) } }
        scatter.withUnsafeMutableBufferPointer { buffer in
            let scatter = DoubleView(buffer.baseAddress!, rows: width, columns: width)
            Parallel.forEach(pairs.count) { place in
                let (rows, columns) = pairs[place]
                multiply(
                    block.columns(rows), .transposed, block.columns(columns), .none,
                    into: scatter.rows(rows).columns(columns), keep: 1)
            }
        }
    }

    /// Merges moments of other rows.
    /// - Throws: `DreamSimError` with `.incomparable` for another width or model.
    public mutating func merge(_ other: SetMoments) throws(DreamSimError) {
        guard other.count > 0 || other.width != width else { return }
        try SetStatistics.check(
            (name ?? "moments", width, stamp), (other.name ?? "other moments", other.width, other.stamp))
        (stamp, name) = (stamp ?? other.stamp, name ?? other.name)
        for i in scatter.indices { scatter[i] += other.scatter[i] }
        shift(to: other.mean, of: other.count)
    }

    /// Takes in the mean of further rows, whose own scatter is added already.
    private mutating func shift(to center: [Double], of number: Int) {
        let total = Double(count + number)
        let (share, weight) = (Double(number) / total, Double(count) * Double(number) / total)
        let delta = zip(center, mean).map { $0 - $1 }
        if count > 0 {
            for row in 0..<width {
                let factor = weight * delta[row]
                for column in row..<width { scatter[row * width + column] += factor * delta[column] }
            }
        }
        for i in mean.indices { mean[i] += share * delta[i] }
        count += number
    }

    /// Mean and covariance.
    /// - Throws: `DreamSimError` with `.empty` for fewer than two rows, which have no covariance.
    public func statistics() throws(DreamSimError) -> SetStatistics {
        let name = name ?? "moments"
        guard count > 1 else {
            throw DreamSimError(
                .empty, name, "has \(count) \(count == 1 ? "image" : "images"); a covariance needs at least 2")
        }
        let divisor = Double(count - 1)
        return try SetStatistics(
            mean: mean, covariance: symmetricScatter.map { $0 / divisor }, count: count, stamp: stamp, name: name)
    }
}
