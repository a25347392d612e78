public import DreamSimCore
public import DreamSimPipeline

/// Images ranked by their distance from one reference.
public struct ComparisonReport: Sendable, Encodable {
    /// One image's place.
    public struct Entry: Sendable, Encodable {
        /// 1 for the most alike.
        public let rank: Int
        /// The file.
        public let image: ImagePath
        /// The distance; lower is more alike.
        public let distance: Double
    }

    /// A file without a distance.
    public struct Failure: Sendable, Encodable {
        /// The file.
        public let image: ImagePath
        /// Why, and what to do.
        public let error: String

        /// Names a file and its fault.
        public init(image: ImagePath, error: String) {
            self.image = image
            self.error = error
        }
    }

    /// Which way the numbers go, for people and programs.
    public let direction = Direction.lowerIsMoreAlike
    /// What made the numbers.
    public let model: ModelStamp
    /// What the others were compared with.
    public let reference: ImagePath
    /// From the most alike to the least; equal distances keep the order in which they were given.
    public let results: [Entry]
    /// The files that could not be compared.
    public let failures: [Failure]

    /// Ranks files by their distance from a reference.
    /// - Throws: `DreamSimError` with `.incomparable` when the embeddings are of different kinds.
    public init(reference: ImagePath, embedding: Embedding, candidates: [FileOutcome]) throws {
        var distances: [(path: ImagePath, distance: Double)] = []
        var failures: [Failure] = []
        for candidate in candidates {
            switch candidate.result {
            case .success(let other):
                distances.append((candidate.path, try embedding.distance(to: other)))
            case .failure(let error):
                failures.append(Failure(image: candidate.path, error: "\(error)"))
            }
        }
        let order = distances.indices.sorted {
            (distances[$0].distance, $0) < (distances[$1].distance, $1)
        }
        self.model = embedding.stamp
        self.reference = reference
        self.results = order.enumerated().map { place, index in
            Entry(rank: place + 1, image: distances[index].path, distance: distances[index].distance)
        }
        self.failures = failures
    }
}
