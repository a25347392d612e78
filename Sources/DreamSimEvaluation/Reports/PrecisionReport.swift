/// What a model's answers lose when its linear layers compute with integers: embeddings, distances, neighbors and votes
/// beside those in float32.
package struct PrecisionReport: Sendable, Encodable {
    /// The model, and SHA-256 over its weights in float32.
    package let model: String
    package let weights: String
    /// How images are prepared.
    package let preprocessing: String
    /// The images that were embedded.
    package let images: Int
    /// Files that cannot be read.
    package let failures: [ComparisonReport.Failure]
    /// Files that were found and, being more than the limit, not read.
    package let leftOut: Int
    /// The median distance of two of the images, in float32.
    package let medianDistance: Double
    /// The neighbors that are compared.
    package let neighbors: Int
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
        /// The length of the difference of both embeddings, each of length 1.
        package let embedding: Spread
        /// The magnitude of the change of a distance, over all pairs of images.
        package let distance: Spread
        /// Spearman's correlation of the distances of all pairs; nil when all are equal.
        package let rankCorrelation: Double?
        /// The share of the nearest images, of all images, that are among the nearest in both.
        package let sameNeighbors: Double
        /// The triplets of which it chooses the other image; nil without judgments.
        package let flippedVotes: Int?
        /// The share of the triplets in which it agrees with most people; nil without judgments.
        package let agreement: Double?
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
        func agreement(_ choices: [Bool]) -> Double {
            Double(zip(choices, triplets).count { $0 == ($1.rightShare > 0.5) }) / Double(max(1, triplets.count))
        }
        let (near, among) = (distances(exact), min(10, count - 1))
        let (chosen, neighborhoods) = (choices(exact), Self.neighbors(near, pairs, count: count, among))
        (model, weights) = (exact[0].stamp.model, exact[0].stamp.weights)
        preprocessing = "\(exact[0].stamp.preprocessing)"
        (images, neighbors, self.failures, self.leftOut) = (count, among, failures, leftOut)
        medianDistance = Spread(near).median
        votes = triplets.isEmpty ? nil : Votes(triplets: triplets.count, agreement: agreement(chosen))
        results = others.map { precision, embeddings in
            let (distances, choices) = (distances(embeddings), choices(embeddings))
            let others = Self.neighbors(distances, pairs, count: count, among)
            let same = zip(neighborhoods, others).reduce(0) { $0 + $1.0.intersection($1.1).count }
            return Entry(
                precision: precision, calibration: embeddings.first?.stamp.calibration,
                embedding: Spread(zip(exact, embeddings).map { Self.difference($0.values, $1.values) }),
                distance: Spread(zip(near, distances).map { abs($0 - $1) }),
                rankCorrelation: RankCorrelation.spearman(near, distances),
                sameNeighbors: Double(same) / Double(count * among),
                flippedVotes: triplets.isEmpty ? nil : zip(chosen, choices).count { $0 != $1 },
                agreement: triplets.isEmpty ? nil : agreement(choices))
        }
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

extension PrecisionReport {
    /// Embeds the images of a folder in every precision and compares.
    ///
    /// A folder with `data.csv` in the layout of NIGHTS is taken whole, with what people chose; of other folders at most
    /// `limit` images are drawn.
    /// - Parameters:
    ///   - folder: searched recursively.
    ///   - exact: the model in float32.
    ///   - others: the same in other precisions.
    ///   - limit: the most images of a folder without judgments, at least 2.
    ///   - batch: the images of a forward pass.
    ///   - progress: called with the images that are done, and all.
    /// - Throws: `DreamSimError` when the judgments cannot be read, or fewer than two images.
    package init(
        of folder: ImagePath, exact: PerceptualModel, others: [PerceptualModel], limit: Int, seed: UInt64, batch: Int,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws {
        let table = folder.appending(Array("data.csv".utf8))
        let items = FileKey(table) != nil ? try JudgedSet.nights(folder, split: .all, minimumVotes: 0).items : []
        var failures: [ComparisonReport.Failure] = []
        var (files, leftOut) = ([ImagePath](), 0)
        if items.isEmpty {
            files = ImageFinder.expand([folder]) { path, reason in
                failures.append(ComparisonReport.Failure(image: path, error: "\(path): \(reason)"))
            }
            if files.count > limit {
                var random = SeededGenerator(state: seed)
                leftOut = files.count - limit
                files = random.sample(limit, below: files.count).sorted().map { files[$0] }
            }
        } else {
            var seen: Set<ImagePath> = []
            files = items.flatMap(\.images).filter { seen.insert($0).inserted }
        }
        let total = files.count * (1 + others.count)
        var done = 0
        func embeddings(_ model: PerceptualModel) -> [FileOutcome] {
            defer { done += files.count }
            return model.embed(files: files, batch: batch) { progress(done + $0, total) }
        }
        let first = embeddings(exact)
        let readable = first.indices.filter { first[$0].embedding != nil }
        for outcome in first {
            if case .failure(let error) = outcome.result {
                failures.append(ComparisonReport.Failure(image: outcome.path, error: "\(error)"))
            }
        }
        guard readable.count > 1 else {
            throw DreamSimError(
                .empty, "\(folder)", "holds \(readable.count) images that can be read; distances need at least two")
        }
        let compared = try others.map { model in
            let outcomes = embeddings(model)
            // A file may have vanished in between.
            return (model.stamp.precision ?? .float32, try readable.map { try outcomes[$0].result.get() })
        }
        let places = Dictionary(uniqueKeysWithValues: readable.enumerated().map { (first[$1].path, $0) })
        let triplets = items.compactMap { item -> (images: [Int], rightShare: Double)? in
            guard case .rightShare(let share) = item.judgment else { return nil }
            let images = item.images.compactMap { places[$0] }
            return images.count == 3 ? (images, share) : nil
        }
        self.init(
            exact: readable.compactMap { first[$0].embedding }, others: compared, triplets: triplets,
            failures: failures, leftOut: leftOut)
    }
}
