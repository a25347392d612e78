/// How images are put into clusters.
package struct ClusterOptions: Sendable {
    /// By which rule.
    package enum Method: String, Sendable, Codable, CaseIterable {
        /// As many clusters as are asked for, each image in that of the nearest center (spherical k-means, begun by
        /// k-means++).
        case kMeans = "k-means"
        /// The two nearest clusters are joined again and again, by the mean distance of their images (average linkage),
        /// until none are near enough. Only clusters that hold near neighbors of each other are joined.
        case linkage
    }

    /// By which rule.
    package var method: Method
    /// How many clusters are wanted. For k-means √(n/2) when nil. Linkage stops at so many, or, when nil, at `distance`.
    package var count: Int?
    /// Linkage joins clusters up to this mean distance; when nil, and no `count` is given, half of the median distance
    /// between images.
    package var distance: Double?
    /// The same seed gives the same clusters.
    package var seed: UInt64 = 1
    /// How many neighbors of each image linkage considers.
    package var neighbors = 30
    /// The most rounds of k-means.
    package var rounds = 50
    /// Only files in these folders; all of the index when empty.
    package var folders: [ImagePath] = []

    /// Uses a method with its usual settings.
    package init(_ method: Method = .kMeans) { self.method = method }

    func check(images: Int) throws(DreamSimError) {
        if let count, !(1...max(1, images)).contains(count) {
            throw DreamSimError(
                .badRequest, "number of clusters \(count)",
                "must be from 1 to \(images), the number of different images")
        }
        if let distance, !(0...2).contains(distance) {
            throw DreamSimError(.badRequest, "distance \(distance)", "must be from 0 to 2")
        }
        guard neighbors > 0, rounds > 0 else {
            throw DreamSimError(.badRequest, "neighbors and rounds", "must be at least 1")
        }
    }
}
