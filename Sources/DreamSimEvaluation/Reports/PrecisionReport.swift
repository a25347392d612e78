/// What the answers of a model, LPIPS or DISTS lose when they compute with integers: distances and votes, and of models
/// embeddings and neighbors, beside those in float32.
package struct PrecisionReport: Sendable, Encodable {
    /// The model or metric, and SHA-256 over its weights in float32.
    package let model: String
    package let weights: String
    /// How images are prepared.
    package let preprocessing: String
    /// The images that were embedded or compared.
    package let images: Int
    /// The pairs of images whose distances are compared.
    package let pairs: Int
    /// Files that cannot be read.
    package let failures: [ComparisonReport.Failure]
    /// Files that were found and, being more than the limit, not read.
    package let leftOut: Int
    /// The median distance of the pairs, in float32.
    package let medianDistance: Double
    /// The neighbors that are compared; nil for metrics that do not embed.
    package let neighbors: Int?
    /// Agreement with human judgments, where the images are judged triplets.
    package let votes: Votes?
    /// One a precision.
    package let results: [Entry]

    /// Choices in float32.
    package struct Votes: Sendable, Encodable {
        /// The judged triplets whose images could all be read.
        package let triplets: Int
        /// The share of the triplets in which the model agrees with most people.
        package let agreement: Double
    }

    /// A median and an extreme.
    package struct Spread: Sendable, Encodable {
        package let median: Double
        package let largest: Double

        init(_ values: [Double]) {
            let sorted = values.sorted()
            median = sorted.isEmpty ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
            largest = sorted.last ?? 0
        }
    }

    /// One precision beside float32.
    package struct Entry: Sendable, Encodable {
        package let precision: Precision
        /// SHA-256 of what int8 was calibrated with; nil without a calibration.
        package let calibration: String?
        /// The length of the difference of both embeddings, each of length 1; nil for metrics that do not embed.
        package let embedding: Spread?
        /// The magnitude of the change of a distance, over all pairs.
        package let distance: Spread
        /// The same as a share of the distance, where that is not 0.
        package let relative: Spread
        /// Spearman's correlation of the distances of all pairs; nil when all are equal.
        package let rankCorrelation: Double?
        /// The share of the nearest images, of all images, that are among the nearest in both; nil for metrics that do
        /// not embed.
        package let sameNeighbors: Double?
        /// The triplets of which it chooses the other image; nil without judgments.
        package let flippedVotes: Int?
        /// The share of the triplets in which it agrees with most people; nil without judgments.
        package let agreement: Double?
    }

    /// What one precision gave.
    struct Answers {
        let precision: Precision
        var calibration: String?
        /// Of all pairs.
        let distances: [Double]
        /// Whether the right image is the nearer one, for each triplet.
        let choices: [Bool]
        var embedding: Spread?
        var sameNeighbors: Double?
    }

    /// Compares answers about the same pairs and triplets.
    /// - Parameters:
    ///   - column: the model or metric in float32.
    ///   - rightShares: the share of people who chose the right image of each triplet.
    init(
        _ column: MetricColumn, images: Int, neighbors: Int? = nil, exact: Answers, others: [Answers],
        rightShares: [Double], failures: [ComparisonReport.Failure], leftOut: Int
    ) {
        func agreement(_ choices: [Bool]) -> Double {
            Double(zip(choices, rightShares).count { $0 == ($1 > 0.5) }) / Double(max(1, rightShares.count))
        }
        (model, weights, preprocessing) = (column.name, column.weights ?? "", column.preprocessing)
        (self.images, self.neighbors, self.failures, self.leftOut) = (images, neighbors, failures, leftOut)
        (pairs, medianDistance) = (exact.distances.count, Spread(exact.distances).median)
        votes =
            rightShares.isEmpty ? nil : Votes(triplets: rightShares.count, agreement: agreement(exact.choices))
        results = others.map { other in
            let changes = zip(exact.distances, other.distances).map { abs($0 - $1) }
            return Entry(
                precision: other.precision, calibration: other.calibration, embedding: other.embedding,
                distance: Spread(changes),
                relative: Spread(zip(changes, exact.distances).compactMap { $1 == 0 ? nil : $0 / abs($1) }),
                rankCorrelation: RankCorrelation.spearman(exact.distances, other.distances),
                sameNeighbors: other.sameNeighbors,
                flippedVotes: rightShares.isEmpty ? nil : zip(exact.choices, other.choices).count { $0 != $1 },
                agreement: rightShares.isEmpty ? nil : agreement(other.choices))
        }
    }

    /// Compares embeddings of the same images.
    /// - Parameters:
    ///   - exact: in float32, at least two.
    ///   - others: in other precisions, in the order of `exact`.
    ///   - triplets: reference, left and right as places among the embeddings, and the share of people who chose the right.
    init(
        exact: [Embedding], others: [(precision: Precision, embeddings: [Embedding])],
        triplets: [(images: [Int], rightShare: Double)], failures: [ComparisonReport.Failure], leftOut: Int
    ) {
        precondition(exact.count > 1 && others.allSatisfy { $0.embeddings.count == exact.count }, "\(exact.count)")
        let count = exact.count
        let pairs = (0..<count).flatMap { a in ((a + 1)..<count).map { (a, $0) } }
        func distances(_ embeddings: [Embedding]) -> [Double] {
            Parallel.map(pairs.count) {
                Embedding.cosineDistance(embeddings[pairs[$0].0].values, embeddings[pairs[$0].1].values)
            }
        }
        func choices(_ embeddings: [Embedding]) -> [Bool] {
            triplets.map { triplet in
                let values = triplet.images.map { embeddings[$0].values }
                return Embedding.cosineDistance(values[0], values[2]) < Embedding.cosineDistance(values[0], values[1])
            }
        }
        let (near, among) = (distances(exact), min(10, count - 1))
        let neighborhoods = Self.neighbors(near, pairs, count: count, among)
        self.init(
            MetricColumn(exact[0].stamp), images: count, neighbors: among,
            exact: Answers(precision: .float32, distances: near, choices: choices(exact)),
            others: others.map { precision, embeddings in
                let distances = distances(embeddings)
                let others = Self.neighbors(distances, pairs, count: count, among)
                let same = zip(neighborhoods, others).reduce(0) { $0 + $1.0.intersection($1.1).count }
                return Answers(
                    precision: precision, calibration: embeddings.first?.stamp.calibration, distances: distances,
                    choices: choices(embeddings),
                    embedding: Spread(zip(exact, embeddings).map { Self.difference($0.values, $1.values) }),
                    sameNeighbors: Double(same) / Double(count * among))
            },
            rightShares: triplets.map(\.rightShare), failures: failures, leftOut: leftOut)
    }

    /// The nearest images of each image, by the distances of all pairs.
    private static func neighbors(
        _ distances: [Double], _ pairs: [(Int, Int)], count: Int, _ among: Int
    ) -> [Set<Int>] {
        var rows = [[(distance: Double, image: Int)]](repeating: [], count: count)
        for (pair, distance) in zip(pairs, distances) {
            rows[pair.0].append((distance, pair.1))
            rows[pair.1].append((distance, pair.0))
        }
        return rows.map { row in
            Set(row.sorted { ($0.distance, $0.image) < ($1.distance, $1.image) }.prefix(among).map(\.image))
        }
    }

    /// The length of the difference of two vectors that are brought to length 1; vectors of zeros stay.
    private static func difference(_ a: [Float], _ b: [Float]) -> Double {
        func unit(_ v: [Float]) -> [Double] {
            let norm = v.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            return v.map { Double($0) / (norm > 0 ? norm : 1) }
        }
        return zip(unit(a), unit(b)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
}
