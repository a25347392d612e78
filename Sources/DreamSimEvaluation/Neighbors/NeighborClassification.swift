import Foundation

/// How well a model's embeddings tell classes apart: each image gets the class that its nearest neighbors vote for, as DINO's
/// authors evaluate theirs (Caron et al. 2021, after Wu et al. 2018). Nothing is trained.
public struct NeighborClassification: Sendable, Encodable {
    /// How neighbors vote.
    public struct Settings: Sendable, Hashable, Encodable {
        /// The number of neighbors that vote, at least 1.
        public var neighbors = 20
        /// T of the weights `exp(similarity / T)`, above 0; a large one makes all votes equal.
        public var temperature = 0.07
        /// How intervals are drawn.
        public var bootstrap = Bootstrap()

        /// 20 neighbors at a temperature of 0.07, as DINO's evaluation.
        public init() {}
    }

    /// A class's images.
    public struct ClassResult: Sendable, Encodable {
        /// The class.
        public let name: String
        /// How many of its images were classified.
        public let images: Int
        /// The share of them that got this class.
        public let accuracy: Double
        /// The class that the others got most often; nil where there are none.
        public let confusedWith: String?
    }

    /// An image's class.
    public struct Prediction: Sendable, Encodable {
        /// The image; nil where it is not known.
        public let image: ImagePath?
        /// Its class.
        public let label: String
        /// The class that its neighbors vote for.
        public let predicted: String
        /// The share of the votes' weight for it.
        public let share: Double
    }

    /// What made the embeddings: one metric, or none where it is not known.
    public let metrics: [MetricColumn]
    /// How neighbors voted.
    public let settings: Settings
    /// `leave-one-out`, or `train and test`.
    public let protocolName: String
    /// The number of images that vote.
    public let gallery: Int
    /// The share of images whose class has the most votes.
    public let accuracy: Estimate
    /// The share of images whose class is among the five with the most votes.
    public let top5: Estimate
    /// Each class that was asked about.
    public let classes: [ClassResult]
    /// Each image.
    public let predictions: [Prediction]
    /// What is to be known of the numbers.
    public let notes: [String]

    /// Classifies images.
    /// - Parameters:
    ///   - queries: the images, with the place of each one's class.
    ///   - gallery: those that vote; nil where the queries are to vote for each other, each left out of its own vote.
    ///   - classes: the names of the classes of both.
    ///   - notes: further notes for the report.
    ///   - progress: called with how far the work is. An error that it throws ends it.
    /// - Throws: `DreamSimError`: `.empty` for no image, or fewer voters than neighbors; `.incomparable` for embeddings of different
    ///   models; `.badSetting` for settings out of range.
    public init(
        _ queries: (vectors: SetVectors, labels: [Int]), gallery: (vectors: SetVectors, labels: [Int])? = nil,
        classes: [String], settings: Settings = Settings(), notes given: [String] = [],
        progress: (EvaluationProgress) throws -> Void = { _ in }
    ) throws {
        let voters = gallery ?? queries
        let isAlone = gallery == nil
        guard settings.neighbors > 0, settings.temperature > 0 else {
            throw DreamSimError(
                .badSetting, "\(settings.neighbors) neighbors, temperature \(settings.temperature)", "must be above 0")
        }
        try queries.vectors.check(atLeast: 1, for: "a classification")
        try voters.vectors.check(
            atLeast: settings.neighbors + (isAlone ? 1 : 0), for: "a vote of \(settings.neighbors) neighbors")
        let votes = try SimilarityScan.map(
            queries.vectors, gallery: voters.vectors,
            progress: {
                try progress(
                    EvaluationProgress("neighbors", unit: "images", done: $0, total: queries.vectors.count))
            },
            { row, similarities in
                Self.votes(
                    similarities, except: isAlone ? row : nil, labels: voters.labels, classes: classes.count, settings)
            })
        let labels = queries.labels
        let found = SimilarityScan.estimate(
            [
                zip(votes, labels).map { $0.order.first == $1 ? 1 : 0 },
                zip(votes, labels).map { $0.order.prefix(5).contains($1) ? 1 : 0 },
            ], settings.bootstrap)
        metrics = queries.vectors.stamp.map { [MetricColumn($0)] } ?? []
        self.settings = settings
        protocolName = isAlone ? "leave-one-out" : "train and test"
        self.gallery = voters.vectors.count
        (accuracy, top5) = (found[0], found[1])
        predictions = votes.enumerated().map { row, vote in
            Prediction(
                image: queries.vectors.images.isEmpty ? nil : queries.vectors.images[row], label: classes[labels[row]],
                predicted: classes[vote.order[0]], share: vote.share)
        }
        self.classes = Self.results(labels, votes.map { $0.order[0] }, classes)
        notes = given + Self.notes(queries, voters, classes, isAlone: isAlone, settings)
    }

    /// The classes that got votes, the most first, and the first one's share.
    private struct Votes: Sendable {
        let order: [Int]
        let share: Double
    }

    private static func votes(
        _ similarities: ArraySlice<Double>, except own: Int?, labels: [Int], classes: Int, _ settings: Settings
    ) -> Votes {
        let start = similarities.startIndex
        // Of equal similarities the lower row counts, so that the vote depends on nothing else.
        func precedes(_ a: Int, _ b: Int) -> Bool {
            let (x, y) = (similarities[start + a], similarities[start + b])
            return x != y ? x > y : a < b
        }
        var nearest: [Int] = []
        for row in 0..<similarities.count where row != own {
            if nearest.count == settings.neighbors {
                guard precedes(row, nearest[nearest.count - 1]) else { continue }
                nearest.removeLast()
            }
            nearest.insert(row, at: nearest.firstIndex { precedes(row, $0) } ?? nearest.count)
        }
        // Less the largest, which changes no share, so that no weight is too large for a number.
        let largest = nearest.first.map { similarities[start + $0] } ?? 0
        var weights = [Double](repeating: 0, count: classes)
        for row in nearest { weights[labels[row]] += exp((similarities[start + row] - largest) / settings.temperature) }
        let order = weights.indices.filter { weights[$0] > 0 }.sorted {
            weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1
        }
        return Votes(order: order, share: weights[order[0]] / weights.reduce(0, +))
    }

    private static func results(_ labels: [Int], _ predicted: [Int], _ classes: [String]) -> [ClassResult] {
        classes.indices.compactMap { place in
            let own = zip(labels, predicted).filter { $0.0 == place }.map(\.1)
            guard !own.isEmpty else { return nil }
            let wrong = Dictionary(own.filter { $0 != place }.map { ($0, 1) }, uniquingKeysWith: +)
            let most = wrong.max { ($0.value, -$0.key) < ($1.value, -$1.key) }
            return ClassResult(
                name: classes[place], images: own.count,
                accuracy: Double(own.count { $0 == place }) / Double(own.count),
                confusedWith: most.map { classes[$0.key] })
        }
    }

    private static func notes(
        _ queries: (vectors: SetVectors, labels: [Int]), _ voters: (vectors: SetVectors, labels: [Int]),
        _ classes: [String], isAlone: Bool, _ settings: Settings
    ) -> [String] {
        var notes: [String] = []
        let sizes = Dictionary(voters.labels.map { ($0, 1) }, uniquingKeysWith: +)
        let least = isAlone ? 2 : 1
        let small = Set(queries.labels).filter { (sizes[$0] ?? 0) < least }.sorted().map { classes[$0] }
        if !small.isEmpty {
            notes.append(
                "no image votes for \(small.prefix(5).joined(separator: ", "))\(small.count > 5 ? " and \(small.count - 5) more" : "")"
                    + ": all images of these classes are counted as wrong")
        }
        if let fewest = sizes.values.min(), fewest < settings.neighbors {
            notes.append(
                "the smallest class has \(fewest) images, fewer than the \(settings.neighbors) that vote: others outvote it "
                    + "where the temperature is high")
        }
        for set in isAlone ? [queries.vectors] : [queries.vectors, voters.vectors] where !set.failures.isEmpty {
            notes.append("\(set.name): \(set.failures.count) images cannot be read, and are left out")
        }
        return notes
    }

    private enum CodingKeys: String, CodingKey {
        case metrics, settings, gallery, accuracy, top5, classes, predictions, notes
        case protocolName = "protocol"
    }
}
