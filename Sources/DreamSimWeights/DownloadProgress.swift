/// How far a fetch is.
public struct DownloadProgress: Sendable, Hashable {
    /// What is being done.
    public enum Phase: Sendable, Hashable {
        /// Another process fetches the same thing; this one waits for it.
        case waitingForLock
        case downloading
        case verifying
        case unpacking
    }

    /// What is being done.
    public let phase: Phase
    /// The file concerned.
    public let what: String
    /// The bytes that are there, with those of earlier, interrupted runs.
    public let receivedBytes: Int
    /// The size in the end, when known.
    public let totalBytes: Int?
    /// The rate of the last seconds; 0 when unknown.
    public let bytesPerSecond: Double

    /// The time that is left at this rate, when it can be told.
    public var secondsLeft: Double? {
        guard let totalBytes, bytesPerSecond > 0 else { return nil }
        return Double(max(0, totalBytes - receivedBytes)) / bytesPerSecond
    }
}

/// Reports progress at most ten times a second, with the rate over a few seconds.
struct ProgressMeter {
    private let phase: DownloadProgress.Phase
    private let what: String
    private let report: @Sendable (DownloadProgress) -> Void
    private let clock = ContinuousClock()
    private var samples: [(time: ContinuousClock.Instant, bytes: Int)] = []

    init(
        _ phase: DownloadProgress.Phase, _ what: String, _ report: @escaping @Sendable (DownloadProgress) -> Void
    ) {
        self.phase = phase
        self.what = what
        self.report = report
    }

    mutating func update(_ bytes: Int, of total: Int?, isLast: Bool = false) {
        let now = clock.now
        if !isLast, let last = samples.last, now - last.time < .milliseconds(100) { return }
        samples.append((now, bytes))
        samples.removeAll { now - $0.time > .seconds(5) }
        var rate = 0.0
        if let first = samples.first, now > first.time {
            rate = max(0, Double(bytes - first.bytes) / ((now - first.time) / .seconds(1)))
        }
        report(
            DownloadProgress(phase: phase, what: what, receivedBytes: bytes, totalBytes: total, bytesPerSecond: rate))
    }
}
