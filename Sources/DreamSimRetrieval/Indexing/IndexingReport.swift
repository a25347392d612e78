/// What an update of an index did.
public struct IndexingReport: Sendable, Encodable {
    /// Files that were new, or changed, and are now in the index.
    public internal(set) var added = 0
    /// Of the added, those whose content was known already, so that nothing had to be computed.
    public internal(set) var known = 0
    /// Of the known, those whose file has only been moved or renamed.
    public internal(set) var moved = 0
    /// Files that have not changed since the last time.
    public internal(set) var unchanged = 0
    /// Files that are gone, and were dropped. Moved ones are not counted.
    public internal(set) var dropped = 0
    /// Files that cannot be used, with the reason; those of earlier updates that have not changed are among them.
    public internal(set) var failures: [ComparisonReport.Failure] = []
    /// How many of the failures are new.
    public internal(set) var newFailures = 0
    /// Whether everything was done; false after an interruption. The same command resumes.
    public internal(set) var isComplete = false
    /// Images in the index.
    public internal(set) var images = 0
    /// How long it took.
    public internal(set) var seconds = 0.0
    /// What the index was made with.
    public let model: ModelStamp
    /// How vectors are kept.
    public let precision: VectorPrecision

    /// Whether the index is another than before.
    public var hasChanges: Bool { added + moved + dropped > 0 }

    init(_ settings: IndexSettings) {
        model = settings.stamp
        precision = settings.precision
    }
}
