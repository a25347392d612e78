extension PrecisionReport {
    /// The side of the square to which images are brought for metrics that compare them as they are.
    private static let side = 256

    /// Measures the images of a folder in every precision.
    ///
    /// A folder with `data.csv` in the layout of NIGHTS is taken whole, with what people chose; of other folders at
    /// most `limit` images are drawn. Models embed each image, and all pairs are compared; other metrics measure the
    /// reference and the alternatives of each triplet, else each image and the next.
    /// - Parameters:
    ///   - folder: searched recursively.
    ///   - exact: the model or metric in float32.
    ///   - others: the same in other precisions.
    ///   - limit: the most images of a folder without judgments, at least 2.
    ///   - batch: the images of a model's forward pass.
    ///   - progress: called with what is done, and all.
    /// - Throws: `DreamSimError` when the judgments cannot be read, or fewer than two images; what a metric throws.
    package init(
        of folder: ImagePath, exact: any PerceptualMetric, others: [any PerceptualMetric], limit: Int, seed: UInt64,
        batch: Int, progress: (Int, Int) -> Void = { _, _ in }
    ) throws {
        let material = try Material(folder, limit: limit, seed: seed)
        if let exact = exact as? PerceptualModel, let others = others as? [PerceptualModel] {
            try self.init(material, exact: exact, others: others, batch: batch, progress)
        } else {
            try self.init(material, exact: exact, others: others, progress)
        }
    }

    /// The images of a folder, and what people chose.
    private struct Material {
        let folder: ImagePath
        var files: [ImagePath] = []
        var triplets: [(images: [ImagePath], rightShare: Double)] = []
        var failures: [ComparisonReport.Failure] = []
        var leftOut = 0

        init(_ folder: ImagePath, limit: Int, seed: UInt64) throws {
            self.folder = folder
            if FileKey(folder.appending(Array("data.csv".utf8))) != nil {
                for item in try JudgedSet.nights(folder, split: .all, minimumVotes: 0).items {
                    files += item.images
                    if case .rightShare(let share) = item.judgment { triplets.append((item.images, share)) }
                }
            }
            guard files.isEmpty else {
                var seen: Set<ImagePath> = []
                files = files.filter { seen.insert($0).inserted }
                return
            }
            var unread: [ComparisonReport.Failure] = []
            let all = ImageFinder.expand([folder]) { path, reason in
                unread.append(ComparisonReport.Failure(image: path, error: "\(path): \(reason)"))
            }
            (files, failures) = (all, unread)
            if all.count > limit {
                var random = SeededGenerator(state: seed)
                leftOut = all.count - limit
                files = random.sample(limit, below: all.count).sorted().map { all[$0] }
            }
        }

        /// Makes sure that there is something to compare.
        func check(readable: Int) throws {
            guard readable > 1 else {
                throw DreamSimError(
                    .empty, "\(folder)", "holds \(readable) images that can be read; distances need at least two")
            }
        }
    }

    private init(
        _ material: Material, exact: PerceptualModel, others: [PerceptualModel], batch: Int,
        _ progress: (Int, Int) -> Void
    ) throws {
        let files = material.files
        let total = files.count * (1 + others.count)
        var done = 0
        func embeddings(_ model: PerceptualModel) -> [FileOutcome] {
            defer { done += files.count }
            return model.embed(files: files, batch: batch) { progress(done + $0, total) }
        }
        let first = embeddings(exact)
        let readable = first.indices.filter { first[$0].embedding != nil }
        var failures = material.failures
        for outcome in first {
            if case .failure(let error) = outcome.result {
                failures.append(ComparisonReport.Failure(image: outcome.path, error: "\(error)"))
            }
        }
        try material.check(readable: readable.count)
        let compared = try others.map { model in
            let outcomes = embeddings(model)
            // A file may have vanished in between.
            return (model.stamp.precision ?? .float32, try readable.map { try outcomes[$0].result.get() })
        }
        let places = Dictionary(uniqueKeysWithValues: readable.enumerated().map { (first[$1].path, $0) })
        let triplets = material.triplets.compactMap { triplet -> (images: [Int], rightShare: Double)? in
            let images = triplet.images.compactMap { places[$0] }
            return images.count == 3 ? (images, triplet.rightShare) : nil
        }
        self.init(
            exact: readable.compactMap { first[$0].embedding }, others: compared, triplets: triplets,
            failures: failures, leftOut: material.leftOut)
    }

    private init(
        _ material: Material, exact: any PerceptualMetric, others: [any PerceptualMetric],
        _ progress: (Int, Int) -> Void
    ) throws {
        let files = material.files
        var pairs = material.triplets.flatMap { triplet in
            triplet.images.dropFirst().map { ImagePair(triplet.images[0], $0) }
        }
        if pairs.isEmpty {
            try material.check(readable: files.count)
            pairs = zip(files, files.dropFirst()).map { ImagePair($0, $1) }
        }
        let comparer = PairComparer([exact] + others, resize: Self.side)
        var failed: Set<ImagePath> = []
        var failures = material.failures
        // Of each pair the values in all precisions; nil where there are none.
        var values: [[Double]?] = []
        try comparer.compare(pairs) { outcome in
            switch outcome.result {
            case .success(let found): values.append(try found.map { try $0.get() })
            case .failure(let failure):
                values.append(nil)
                if let image = failure.image, failed.insert(image).inserted {
                    failures.append(ComparisonReport.Failure(image: image, error: "\(failure)"))
                }
            }
            progress(outcome.index + 1, pairs.count)
        }
        let measured = values.indices.filter { values[$0] != nil }
        let images = Set(measured.flatMap { [pairs[$0].a, pairs[$0].b] }).count
        try material.check(readable: images)
        // Both pairs of a triplet lie together.
        let judged = material.triplets.indices.filter { values[2 * $0] != nil && values[2 * $0 + 1] != nil }
        func answers(_ metric: any PerceptualMetric, _ column: Int) -> Answers {
            func value(_ pair: Int) -> Double { values[pair]?[column] ?? .nan }
            let isLower = metric.card.direction == .lowerIsMoreAlike
            return Answers(
                precision: metric.precision ?? .float32, distances: measured.map(value),
                choices: judged.map { triplet in
                    let (left, right) = (value(2 * triplet), value(2 * triplet + 1))
                    return isLower ? right < left : right > left
                })
        }
        self.init(
            comparer.columns[0], images: images, exact: answers(exact, 0),
            others: others.enumerated().map { answers($1, $0 + 1) },
            rightShares: judged.map { material.triplets[$0].rightShare }, failures: failures, leftOut: material.leftOut)
    }
}
