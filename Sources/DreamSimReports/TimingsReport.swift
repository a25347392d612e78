import Synchronization

/// Where the time of a run went, stage by stage.
package struct TimingsReport: Sendable, Encodable {
    /// A stage's share.
    package struct Entry: Sendable, Encodable {
        /// The stage's name.
        package let stage: String
        /// Seconds: of the run, or of threads that ran beside it.
        package let seconds: Double
        /// Of the run's seconds; nil for what ran beside it.
        package let share: Double?
        /// Floating-point operations in 10⁹; nil where none are counted.
        package let gigaOperations: Double?

        /// 10⁹ floating-point operations a second; nil where none are counted.
        package var rate: Double? { gigaOperations.map { $0 / seconds } }
    }

    /// The run's seconds.
    package let seconds: Double
    /// What the run did, in the order of the stages, then the rest.
    package let stages: [Entry]
    /// What other threads did meanwhile; their seconds are added up.
    package let beside: [Entry]

    private static let start = Mutex<ContinuousClock.Instant?>(nil)

    /// Begins to measure, in the whole process.
    package static func begin() {
        start.withLock { $0 = .now }
        Timings.isOn = true
    }

    /// Ends what `begin` began; nil when nothing was begun.
    package static func end() -> TimingsReport? {
        guard let start = start.withLock({ $0.take() }) else { return nil }
        defer { Timings.isOn = false }
        return TimingsReport(seconds: (.now - start) / .seconds(1))
    }

    private init(seconds: Double) {
        let figures = Timings.figures
        func entry(_ stage: Timings.Stage) -> Entry? {
            figures[stage].map { figure in
                Entry(
                    stage: stage.rawValue, seconds: figure.seconds,
                    share: stage.isBeside ? nil : figure.seconds / seconds,
                    gigaOperations: figure.operations > 0 ? figure.operations / 1e9 : nil)
            }
        }
        let own = Timings.Stage.allCases.filter { !$0.isBeside }.compactMap(entry)
        let rest = max(0, seconds - own.reduce(0) { $0 + $1.seconds })
        self.seconds = seconds
        stages = own + [Entry(stage: "rest", seconds: rest, share: rest / seconds, gigaOperations: nil)]
        beside = Timings.Stage.allCases.filter(\.isBeside).compactMap(entry)
    }
}
