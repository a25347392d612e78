import DreamSimCheckpoints
public import Foundation

/// Mean and covariance of a set's embeddings, which can be saved.
public struct SetStatistics: Sendable {
    /// What the set is called in errors.
    public let name: String
    /// The mean of the rows.
    public let mean: [Double]
    /// The sample covariance (divided by n - 1), row-major [D, D], symmetric.
    public let covariance: [Double]
    /// The number of images; nil where it is not known.
    public let count: Int?
    /// What made the embeddings; nil where it is not known.
    public let stamp: ModelStamp?

    /// The number of components.
    public var width: Int { mean.count }

    /// Takes a mean and a covariance.
    /// - Throws: `DreamSimError` with `.badValue` when they do not fit together, are not finite, or the covariance is not symmetric.
    public init(
        mean: [Double], covariance: [Double], count: Int? = nil, stamp: ModelStamp? = nil, name: String
    ) throws(DreamSimError) {
        let width = mean.count
        guard width > 0, covariance.count == width * width else {
            throw DreamSimError(
                .badValue, name, "has \(width) means and a covariance of \(covariance.count) numbers; it must be [D, D]"
            )
        }
        guard mean.allSatisfy(\.isFinite), covariance.allSatisfy(\.isFinite) else {
            throw DreamSimError(.badValue, name, "has a mean or covariance that is NaN or infinite; compute them anew")
        }
        let largest = covariance.reduce(0) { max($0, abs($1)) }
        for row in 0..<width {
            for column in 0..<row
            where abs(covariance[row * width + column] - covariance[column * width + row]) > 1e-6 * largest {
                throw DreamSimError(
                    .badValue, name, "has a covariance that is not symmetric, at [\(row), \(column)]; compute it anew")
            }
        }
        (self.name, self.mean, self.covariance) = (name, mean, covariance)
        (self.count, self.stamp) = (count, stamp)
    }

    /// Mean and covariance of rows.
    /// - Throws: `DreamSimError` with `.empty` for fewer than two rows.
    public init(_ vectors: SetVectors) throws(DreamSimError) {
        var moments = SetMoments(width: vectors.width)
        try moments.add(vectors)
        let found = try moments.statistics()
        self = try SetStatistics(
            mean: found.mean, covariance: found.covariance, count: found.count, stamp: vectors.stamp,
            name: vectors.name)
    }

    /// The Fréchet distance of two normal distributions (Dowson and Landau 1982; as FID by Heusel et al. 2017):
    /// `|m1 - m2|² + tr(S1 + S2 - 2 (S1 S2)^½)`.
    /// - Returns: at least 0; in the square of the embeddings' unit.
    /// - Throws: `DreamSimError` with `.incomparable` for sets of other models, `.badValue` for a covariance with a negative
    ///   variance.
    /// - Complexity: O(D³).
    public func frechetDistance(to other: SetStatistics) throws(DreamSimError) -> Double {
        try Self.check((name, width, stamp), (other.name, other.width, other.stamp))
        return try FrechetDistance(FrechetFactor.pair(self, other), derivatives: false).value
    }

    /// Checks that embeddings of two sets can be compared.
    /// - Parameter acrossPrecisions: whether they may differ in precision.
    static func check(
        _ a: (name: String, width: Int, stamp: ModelStamp?), _ b: (name: String, width: Int, stamp: ModelStamp?),
        acrossPrecisions: Bool = false
    ) throws(DreamSimError) {
        guard a.width == b.width else {
            throw DreamSimError(
                .incomparable, a.name,
                "has embeddings of \(a.width) components, and \(b.name) of \(b.width); embed both with one model")
        }
        guard let first = a.stamp, let second = b.stamp,
            !first.agrees(with: second, acrossPrecisions: acrossPrecisions)
        else { return }
        throw DreamSimError(
            .incomparable, a.name,
            "was embedded by \(first), and \(b.name) by \(second); embed both the same way"
                + (first.agrees(with: second, acrossPrecisions: true) ? ", or compare across precisions" : ""))
    }
}

extension SetStatistics {
    /// Reads a `.npz` file with `mu` [D] and `sigma` [D, D], as pytorch-fid and `write(to:)` save it.
    /// - Throws: `DreamSimError`: `.unreadable`, `.malformed` for a broken file; `.missing`, `.mismatch`, `.badValue` for what is
    ///   no mean and covariance.
    public init(contentsOf url: URL) throws {
        let archive = try Checkpoint(contentsOf: url)
        func doubles(_ name: String, rank: Int) throws -> [Double] {
            guard archive.format == .numpyArchive, let stored = archive[name] else {
                throw DreamSimError(
                    .missing, url.path, "holds no array '\(name)'; it must be a .npz file with 'mu' and 'sigma'")
            }
            guard stored.shape.rank == rank, stored.elementType.isFloatingPoint else {
                throw DreamSimError(
                    .mismatch, url.path,
                    "holds '\(name)' as \(stored.elementType.rawValue) of shape \(stored.shape); "
                        + "save mu as [D] and sigma as [D, D], in float64")
            }
            return try stored.loadDoubles()
        }
        let stamp = try archive["stamp"].map { stored in
            do {
                return try JSONDecoder().decode(ModelStamp.self, from: Data(stored.loadBytes()))
            } catch {
                throw DreamSimError(.malformed, url.path, "holds a 'stamp' that says no model; compute the file anew")
            }
        }
        try self.init(
            mean: doubles("mu", rank: 1), covariance: doubles("sigma", rank: 2),
            count: archive["count"].flatMap { try $0.loadDoubles().first }.flatMap { Int(exactly: $0) },
            stamp: stamp, name: url.path)
    }

    /// Writes a `.npz` file: `mu` and `sigma` in float64, as pytorch-fid reads them, and beside them `count` and, where the model
    /// is known, `stamp`, which it passes over.
    /// - Throws: `DreamSimError` with `.unwritable`.
    public func write(to url: URL) throws {
        var members: [(name: String, member: NumpyArchiveWriter.Member)] = [
            ("mu", .doubles(mean, shape: [width])), ("sigma", .doubles(covariance, shape: [width, width])),
        ]
        if let count { members.append(("count", .doubles([Double(count)], shape: [1]))) }
        if let stamp { members.append(("stamp", .bytes(Array(try JSON.line(stamp).utf8)))) }
        try NumpyArchiveWriter.write(members, to: url)
    }
}
