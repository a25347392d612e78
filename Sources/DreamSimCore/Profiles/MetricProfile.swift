public import Foundation

/// What a metric's numbers mean: how they fall on known images, and where people draw the line.
///
/// `dreamsim evaluate` and `dreamsim calibrate` write it, one file a metric in the cache; `dreamsim compare` reads it.
public struct MetricProfile: Hashable, Sendable, Codable {
    /// How a metric's values fall on the images of one data set.
    package struct DataSet: Hashable, Sendable, Codable {
        /// The set's name.
        package let name: String
        /// SHA-256 over the set's judgments, in hexadecimal.
        package let digest: String
        /// Pairs of images that have nothing to do with each other: references of different judgments.
        package let unrelated: DistanceDistribution
        /// Pairs of an image and its variations.
        package let related: DistanceDistribution?

        /// Joins what was found on a set.
        package init(
            name: String, digest: String, unrelated: DistanceDistribution, related: DistanceDistribution?
        ) {
            self.name = name
            self.digest = digest
            self.unrelated = unrelated
            self.related = related
        }
    }

    /// The value at which pairs stop counting as the same.
    public struct Threshold: Hashable, Sendable, Codable {
        /// Pairs that are at least as alike as this are classified as the same.
        public let value: Double
        /// Where the value lies with a confidence of 95 %.
        public let low: Double?
        /// As `low`, the upper end.
        public let high: Double?
        /// How it was chosen, such as `precision of at least 0.99`.
        public let criterion: String
        /// The precision on the labeled pairs.
        public let precision: Double
        /// The recall on the labeled pairs.
        public let recall: Double
        /// The name of the labeled pairs.
        public let dataSet: String
        /// The number of labeled pairs.
        public let count: Int

        /// Joins a value with how it came about.
        package init(
            value: Double, low: Double?, high: Double?, criterion: String, precision: Double, recall: Double,
            dataSet: String, count: Int
        ) {
            self.value = value
            self.low = low
            self.high = high
            self.criterion = criterion
            self.precision = precision
            self.recall = recall
            self.dataSet = dataSet
            self.count = count
        }

        /// Whether a pair of this value is classified as the same; never when it is NaN.
        public func accepts(_ value: Double, _ direction: Direction) -> Bool {
            value == self.value || direction.isMoreAlike(value, than: self.value)
        }
    }

    /// The layout of the file.
    public private(set) var version = 1
    /// The metric, and what its numbers depend on.
    package let identity: MetricIdentity
    /// What was found on data sets, one entry a name.
    package private(set) var dataSets: [DataSet] = []
    /// Where people draw the line, when that was calibrated.
    public var threshold: Threshold?
    /// How its values fall on pairs of each kind, when that was calibrated.
    public var kinds: PairKinds?

    /// A profile that knows nothing yet.
    package init(_ identity: MetricIdentity) {
        self.identity = identity
    }

    /// Takes in what was found on a data set, in place of what was known of one with that name.
    package mutating func add(_ dataSet: DataSet) {
        dataSets.removeAll { $0.name == dataSet.name }
        dataSets.append(dataSet)
    }

    /// What a value means, such as `0.21: closer than 83 % of unrelated pairs of nights (n = 20000)`; of the data set with
    /// the most pairs. Nil when no data set was evaluated.
    public func explanation(of value: Double) -> String? {
        guard let set = dataSets.max(by: { $0.unrelated.count < $1.unrelated.count }), !value.isNaN else { return nil }
        func part(_ distribution: DistanceDistribution) -> String {
            let share = distribution.shareLessAlike(than: value, direction: identity.direction)
            if share == 0 { return "none" }
            if share == 1 { return "all" }
            // Neither end is claimed by rounding.
            let digits = share < 0.01 || share > 0.99 ? 1 : 0
            let percent = min(max(share * 100, 0.1), 99.9)
            return String(format: "%.\(digits)f %%", percent)
        }
        var text = String(format: "%.4g: closer than ", value)
        text += "\(part(set.unrelated)) of unrelated pairs of \(set.name) (n = \(set.unrelated.count))"
        if let related = set.related {
            text += ", and than \(part(related)) of its images' own variations (n = \(related.count))"
        }
        return text
    }
}

extension MetricProfile {
    /// Where the profile of a metric lies in the cache.
    package static func url(of identity: MetricIdentity, in store: ModelStore) -> URL {
        store.configuration.home.appending(path: "profiles/\(identity.fileName).json")
    }

    /// The profile that holds for a metric: its own, or float32's where int16 has none.
    package static func applicable(_ identity: MetricIdentity, in store: ModelStore) -> MetricIdentity {
        guard let exact = identity.exact, !FileManager.default.fileExists(atPath: url(of: identity, in: store).path),
            FileManager.default.fileExists(atPath: url(of: exact, in: store).path)
        else { return identity }
        return exact
    }

    /// Reads a profile.
    /// - Parameter identity: what it must be of.
    /// - Throws: `DreamSimError` with `.badProfile` when it cannot be read or is of another metric.
    package init(contentsOf url: URL, of identity: MetricIdentity) throws(DreamSimError) {
        func fault(_ reason: String) -> DreamSimError { DreamSimError(.badProfile, url.path, reason) }
        let profile: MetricProfile
        do {
            let decoder = JSONDecoder()
            decoder.nonConformingFloatDecodingStrategy = .convertFromString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            profile = try decoder.decode(MetricProfile.self, from: RegularFile.read(url, byteLimit: 64 << 20))
        } catch let error as DecodingError {
            throw fault("is not a metric profile: \(error.plainReason); evaluate or calibrate the metric again")
        } catch {
            throw fault("cannot be read: \(error.plainReason); evaluate or calibrate the metric again")
        }
        guard profile.threshold.map({ !$0.value.isNaN }) ?? true else { throw fault("holds a threshold that is NaN") }
        guard profile.version == 1 else {
            throw fault("has version \(profile.version), this program reads 1; evaluate or calibrate the metric again")
        }
        guard profile.identity == identity else {
            throw fault(
                "is of \(profile.identity.name) (\(profile.identity.settings), weights "
                    + "\(profile.identity.weights?.prefix(12) ?? "none")), not of \(identity.name) (\(identity.settings), "
                    + "weights \(identity.weights?.prefix(12) ?? "none")); evaluate or calibrate the metric again"
            )
        }
        self = profile
    }

    /// The threshold, when there must be one.
    /// - Throws: `DreamSimError` with `.badProfile` when none was calibrated.
    public func requireThreshold(_ url: URL) throws(DreamSimError) -> Threshold {
        guard let threshold else {
            throw DreamSimError(
                .badProfile, url.path, "holds no threshold of \(identity.name); calibrate it on labeled pairs")
        }
        return threshold
    }

    /// What is known of a metric: its profile in the cache, and the kinds of pairs that come with the project where that has
    /// none of its own; nil when neither is there, or can be read.
    package static func find(_ identity: MetricIdentity, in store: ModelStore) -> MetricProfile? {
        let known = try? MetricProfile(contentsOf: url(of: identity, in: store), of: identity)
        guard let shipped = shipped.first(where: { $0.identity == identity }) else {
            return known ?? identity.exact.flatMap { find($0, in: store) }
        }
        guard var known else { return shipped }
        known.kinds = known.kinds ?? shipped.kinds
        return known
    }

    /// What comes with the project. Scripts/derive/kinds.py says how it is measured anew.
    package static let shipped: [MetricProfile] = {
        do {
            return try JSONDecoder().decode([MetricProfile].self, from: Data(PackageResources.profiles_json))
        } catch {
            preconditionFailure("the profiles that come with the project: \(error)")
        }
    }()

    /// Changes the profile in a file, which is made when it is not there.
    /// - Returns: the profile as it is now.
    /// - Throws: `DreamSimError` with `.badProfile` or `.unwritable`.
    @discardableResult
    package static func update(
        _ url: URL, of identity: MetricIdentity, _ change: (inout MetricProfile) -> Void
    ) throws -> MetricProfile {
        var profile = MetricProfile(identity)
        if FileManager.default.fileExists(atPath: url.path) {
            profile = try MetricProfile(contentsOf: url, of: identity)
        }
        change(&profile)
        try profile.write(to: url)
        return profile
    }

    /// Writes the profile; it appears whole or not at all. Missing folders are made.
    /// - Throws: `DreamSimError` with `.unwritable`.
    public func write(to url: URL) throws(DreamSimError) {
        do {
            try Folder.make(url.deletingLastPathComponent().path)
            try AtomicFile.write(Array(JSON.text(self).utf8), to: url.path.utf8)
        } catch let failure as AtomicFile.Failure {
            throw DreamSimError(failure)
        } catch let error as DreamSimError {
            throw error
        } catch {
            throw DreamSimError(.unwritable, url.path, "cannot be written: \(error.plainReason)")
        }
    }
}
