import Foundation

/// How a map of an index is made.
package struct ProjectionOptions: Sendable {
    /// How many neighbors of each image are to lie near it: fewer show small groups, more the whole.
    package var neighbors = 15
    /// The same seed gives the same map.
    package var seed: UInt64 = 1
    /// How often points are moved; by default 500 times, or 200 with more than 10,000 images.
    package var rounds: Int?
    /// Only files in these folders; all of the index when empty.
    package var folders: [ImagePath] = []

    /// The usual ones.
    package init() {}
}

/// Images in a plane, alike ones near each other. Only nearness has a meaning, not the axes.
package struct Projection: DistanceReport, Sendable, Encodable {
    /// An image's place.
    package struct Point: Sendable, Encodable {
        /// Its number in the index.
        package let id: Int64
        /// The file.
        package let image: ImagePath
        /// From 0 at the left to 1.
        package let x: Double
        /// From 0 at the top to 1.
        package let y: Double
    }

    /// What made the vectors: one metric.
    package let metrics: [MetricColumn]
    /// How many neighbors were to lie near.
    package let neighbors: Int
    /// The seed.
    package let seed: UInt64
    /// The share of the variance along the two directions with which the map began.
    package let variance: [Double]
    /// One for each different image, in the order in which they came into the index; of identical files the first.
    package let points: [Point]
}

extension IndexReader {
    /// Makes a map: the two main directions of the vectors (principal components), then places at which near neighbors
    /// lie near (UMAP). The same index, options and seed give the same map.
    /// - Parameter progress: called with what is being done, and how much of it is.
    /// - Throws: `DreamSimError`: `.badRequest` for options out of range or an index without images; over more than 200,000
    ///   images what `neighbors()` throws, and `.missing` without a graph.
    package func map(
        _ options: ProjectionOptions = ProjectionOptions(),
        progress: (_ what: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) throws -> Projection {
        guard (2...1000).contains(options.neighbors), options.rounds ?? 1 > 0 else {
            throw DreamSimError(
                .badRequest, "\(options.neighbors) neighbors", "must be from 2 to 1000, and rounds at least 1")
        }
        let files = try filesByRow(in: options.folders)
        let rows = files.keys.sorted()
        progress("components", 0, 1)
        let components = PrincipalComponents(self, rows: rows, count: 2, seed: options.seed)
        guard components.scores.isFinite else { throw vectors.notFinite }
        var places = Self.start(components.scores, options.seed)
        if rows.count > 3 {
            let table = try NearestTable(self, rows: rows, count: min(options.neighbors, rows.count - 1)) {
                progress("neighbors", $0, $1)
            }
            places = NeighborEmbedding(table).run(
                from: places, rounds: options.rounds ?? (rows.count > 10_000 ? 200 : 500), seed: options.seed
            ) { progress("rounds", $0, $1) }
        }
        try vectors.checkIsWhole()
        let laid = Self.fitted(places)
        let points = rows.enumerated().compactMap { index, row in
            files[row]?.min { $0.id < $1.id }.map {
                Projection.Point(id: $0.id, image: $0.path, x: laid[index].x, y: laid[index].y)
            }
        }
        return Projection(
            metrics: [MetricColumn(settings.stamp)], neighbors: options.neighbors, seed: options.seed,
            variance: components.shares,
            points: points)
    }

    /// The first two components, within 10 of the origin, with a little noise so that equal images part.
    private static func start(_ scores: Tensor, _ seed: UInt64) -> [Float] {
        let columns = scores.shape[1]
        var generator = SeededGenerator(state: seed)
        return scores.withUnsafeBufferPointer { scores in
            let largest = max(scores.map(abs).max() ?? 0, 1e-12)
            return (0..<(scores.count / columns)).flatMap { row in
                (0..<2).map { axis in
                    let value = axis < columns ? scores[row * columns + axis] : 0
                    return 10 * value / largest + Float(1e-3 * generator.normals().0)
                }
            }
        }
    }

    /// Places from 0 to 1, with one scale for both axes.
    private static func fitted(_ places: [Float]) -> [(x: Double, y: Double)] {
        let points = stride(from: 0, to: places.count, by: 2).map { (Double(places[$0]), Double(places[$0 + 1])) }
        let (xs, ys) = (points.map(\.0), points.map(\.1))
        let (left, right, top, bottom) = (xs.min() ?? 0, xs.max() ?? 0, ys.min() ?? 0, ys.max() ?? 0)
        let size = max(right - left, bottom - top, 1e-9)
        return points.map {
            (0.5 + ($0.0 - (left + right) / 2) / size, 0.5 + ($0.1 - (top + bottom) / 2) / size)
        }
    }
}
