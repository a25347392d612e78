/// The two-alternative forced choice (2AFC): which of two images is more like a reference, by each of one or more metrics.
public struct VoteReport: Sendable, Encodable {
    /// The answer.
    public enum Choice: String, Sendable, Encodable {
        /// The first image is more alike.
        case a = "A"
        /// The second image is more alike.
        case b = "B"
        /// Both have the same value.
        case tie
    }

    /// One metric's choice.
    public struct Vote: Sendable, Encodable {
        /// The metric's name.
        public let metric: String
        /// The first image's value.
        public let valueA: Double
        /// The second image's value.
        public let valueB: Double
        /// The answer.
        public let choice: Choice
    }

    /// What the two were compared with.
    public let reference: ImagePath
    /// The first image.
    public let imageA: ImagePath
    /// The second image.
    public let imageB: ImagePath
    /// The metrics, in the order in which they were asked for.
    public let metrics: [MetricColumn]
    /// One for each metric that has both values, in their order.
    public let votes: [Vote]
    /// Why metrics have no vote, by their names; nil when all have.
    public let errors: [String: String]?
    /// What was passed over in the files without harm, such as broken EXIF data.
    public let warnings: [String]

    /// Lets metrics choose between two files.
    /// - Throws: `DreamSimError` when a file cannot be read.
    public init(_ comparer: PairComparer, reference: ImagePath, a: ImagePath, b: ImagePath) throws {
        var outcomes: [PairOutcome] = []
        comparer.compare([ImagePair(reference, a), ImagePair(reference, b)]) { outcomes.append($0) }
        self.init(
            comparer.columns, reference: reference, a: (a, try outcomes[0].values), b: (b, try outcomes[1].values),
            warnings: outcomes.flatMap(\.warnings))
    }

    /// Lets metrics choose by their values.
    /// - Parameters:
    ///   - metrics: what made the values, in their order.
    ///   - a: the first image, and for each metric its value or why there is none.
    ///   - b: the second image, likewise.
    package init(
        _ metrics: [MetricColumn], reference: ImagePath, a: (image: ImagePath, values: [Result<Double, any Error>]),
        b: (image: ImagePath, values: [Result<Double, any Error>]), warnings: [String]
    ) {
        var votes: [Vote] = []
        var errors: [String: String] = [:]
        for (metric, sides) in zip(metrics, zip(a.values, b.values)) {
            do {
                let (valueA, valueB) = (try sides.0.get(), try sides.1.get())
                let choice: Choice =
                    metric.direction.isMoreAlike(valueA, than: valueB)
                    ? .a : metric.direction.isMoreAlike(valueB, than: valueA) ? .b : .tie
                votes.append(Vote(metric: metric.name, valueA: valueA, valueB: valueB, choice: choice))
            } catch {
                errors[metric.name] = "\(error)"
            }
        }
        (self.metrics, self.reference) = (metrics, reference)
        (imageA, imageB) = (a.image, b.image)
        self.votes = votes
        self.errors = errors.isEmpty ? nil : errors
        self.warnings = warnings
    }
}
