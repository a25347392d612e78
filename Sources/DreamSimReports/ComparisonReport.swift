/// Images compared with one reference by one metric or several, and ranked by one of them.
public struct ComparisonReport: Sendable, Encodable {
    /// One image's values.
    public struct Entry: Sendable, Encodable {
        /// 1 for the most alike by the metric that ranks; nil when that has no value.
        public fileprivate(set) var rank: Int?
        /// The file.
        public let image: ImagePath
        /// The values, by the metrics' names.
        public let values: [String: Double]
        /// The place by each metric, 1 for the most alike; equal values have equal places.
        public fileprivate(set) var ranks: [String: Int] = [:]
        /// Why metrics have no value, by their names.
        public let errors: [String: String]?
        /// Whether the values keep to the limits; nil when there are none.
        public fileprivate(set) var pass: Bool?
    }

    /// A file without a value.
    public struct Failure: Sendable, Encodable {
        /// The file.
        public let image: ImagePath
        /// The field of a request in which it came; nil elsewhere.
        package var field: String?
        /// Why, and what to do.
        public let error: String

        /// Names a file and its fault.
        public init(image: ImagePath, error: String) {
            self.image = image
            self.error = error
        }
    }

    /// The metrics, in the order in which they were asked for.
    public let metrics: [MetricColumn]
    /// What the others were compared with.
    public let reference: ImagePath
    /// The name of the metric that ranks.
    public let rankedBy: String
    /// From the most alike to the least; equal values keep the order in which they were given, and images without a
    /// value come last.
    public private(set) var results: [Entry]
    /// The files for which no metric has a value.
    public let failures: [Failure]
    /// What was passed over in the files without harm, such as broken EXIF data.
    public let warnings: [String]
    /// The limits that images must keep to, by the metrics' names; nil when there are none.
    public private(set) var limits: [String: Double]?
    /// Whether all images have values that keep to the limits; nil when there are none.
    public private(set) var pass: Bool?

    /// The metric that ranks.
    public var leader: MetricColumn { metrics.first { $0.name == rankedBy } ?? metrics[0] }

    /// Ranks what became of pairs whose first file is the reference.
    /// - Parameters:
    ///   - rankedBy: the name of one of the metrics; the first when nil.
    ///   - outcomes: one an image.
    ///   - limits: what images must keep to; one without a value does not.
    ///   - field: the field of a request in which the images came.
    /// - Throws: `DreamSimError`: why the reference itself cannot be used; `.badSetting` when no metric has that name.
    package init(
        reference: ImagePath, metrics: [MetricColumn], rankedBy: String? = nil, outcomes: [PairOutcome],
        limits: MetricLimits = MetricLimits(), field: String? = nil
    ) throws {
        guard let leader = rankedBy.map({ name in metrics.first { $0.name == name } }) ?? metrics.first else {
            throw DreamSimError(
                .badSetting, "ranking by '\(rankedBy ?? "")'",
                "is not possible; the metrics are \(metrics.map(\.name).joined(separator: ", "))")
        }
        var entries: [Entry] = []
        var failures: [Failure] = []
        for outcome in outcomes {
            guard let image = outcome.pair?.b else { continue }
            let values: [Result<Double, any Error>]
            switch outcome.result {
            case .success(let results): values = results
            case .failure(let failure):
                if failure.image == reference { throw failure.error }
                failures.append(Failure(image: image, error: failure.description))
                continue
            }
            let (numbers, errors) = Self.values(of: metrics, values)
            if numbers.isEmpty {
                let reasons = metrics.compactMap { errors[$0.name] }.joined(separator: "; ")
                failures.append(Failure(image: image, error: "\(image): \(reasons)"))
            } else {
                entries.append(Entry(image: image, values: numbers, errors: errors.isEmpty ? nil : errors))
            }
        }
        for metric in metrics {
            let order = entries.indices.filter { entries[$0].values[metric.name] != nil }
                .sorted { Self.precedes(entries, $0, $1, metric) }
            for (place, index) in order.enumerated() {
                let previous = place > 0 ? order[place - 1] : nil
                let isTied = previous.map { entries[$0].values[metric.name] == entries[index].values[metric.name] }
                entries[index].ranks[metric.name] =
                    isTied == true ? entries[previous ?? index].ranks[metric.name] : place + 1
            }
        }
        let order = entries.indices.sorted { Self.precedes(entries, $0, $1, leader) }
        self.metrics = metrics
        self.reference = reference
        self.rankedBy = leader.name
        self.results = order.enumerated().map { place, index in
            var entry = entries[index]
            entry.rank = entry.values[leader.name] == nil ? nil : place + 1
            return entry
        }
        self.failures = failures.map { failure in
            var failure = failure
            failure.field = field
            return failure
        }
        warnings = outcomes.flatMap(\.warnings)
        judge(by: limits)
    }

    /// Says of every image whether it keeps to limits.
    package mutating func judge(by limits: MetricLimits) {
        self.limits = limits.values
        for index in results.indices { results[index].pass = limits.passes(results[index].values) }
        pass = limits.isEmpty ? nil : failures.isEmpty && results.allSatisfy { $0.pass == true }
    }

    /// Whether one entry comes before another: the more alike, those that are not a number and those without a value
    /// last, else in the order given.
    private static func precedes(_ entries: [Entry], _ i: Int, _ j: Int, _ metric: MetricColumn) -> Bool {
        func key(_ index: Int) -> (Int, Double) {
            guard let value = entries[index].values[metric.name] else { return (2, 0) }
            return value.isNaN ? (1, 0) : (0, metric.direction == .lowerIsMoreAlike ? value : -value)
        }
        let (a, b) = (key(i), key(j))
        return (a.0, a.1, i) < (b.0, b.1, j)
    }
}

extension ComparisonReport {
    /// Values, and errors where there are none, by the metrics' names.
    package static func values(
        of metrics: [MetricColumn], _ results: [Result<Double, any Error>]
    ) -> (values: [String: Double], errors: [String: String]) {
        precondition(metrics.count == results.count, "\(results.count) values of \(metrics.count) metrics")
        var (values, errors): ([String: Double], [String: String]) = ([:], [:])
        for (metric, result) in zip(metrics, results) {
            switch result {
            case .success(let value): values[metric.name] = value
            case .failure(let error): errors[metric.name] = "\(error)"
            }
        }
        return (values, errors)
    }
}
