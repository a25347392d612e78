public import Foundation
import Synchronization

/// Images that are compared with one reference by one metric or several, with progress.
///
/// A file that cannot be read is a failure in the report and does not stop the others. The work begins when `progress` or
/// `result` is first asked for, on a thread of its own; it ends when the task that waits for either is canceled.
///
/// ```swift
/// let comparison = Comparison(reference: photo, candidates: try ImageFiles(in: folder), metrics: [metric])
/// for try await progress in comparison.progress { print(progress.fraction) }
/// let report = try await comparison.result
/// ```
public final class Comparison: Sendable {
    /// How far the work is.
    public struct Progress: Sendable, Hashable {
        /// Images that are done, and all of them.
        public let done, total: Int
        /// Seconds since the work began.
        public let seconds: Double

        /// The share that is done, from 0 to 1.
        public var fraction: Double { total > 0 ? Double(done) / Double(total) : 1 }
        /// Images a second.
        public var rate: Double { seconds > 0 ? Double(done) / seconds : 0 }
        /// The seconds that are left at this rate; nil before the first image is done.
        public var remaining: Double? { done > 0 ? Double(total - done) / rate : nil }
    }

    private let reference: ImagePath
    private let candidates: [ImagePath]
    private let comparer: PairComparer
    private let rankedBy: String?
    private let (stream, continuation) = AsyncStream.makeStream(of: Progress.self, bufferingPolicy: .bufferingNewest(1))
    private let work = Mutex<Task<ComparisonReport, any Error>?>(nil)

    /// Sets up a comparison.
    /// - Parameters:
    ///   - reference: the image that the others are compared with.
    ///   - candidates: the others.
    ///   - metrics: at least one, no two of the same name.
    ///   - rankedBy: the name of the metric that ranks; the first when nil.
    ///   - decoding: how files become pixels for metrics that do not embed; those that do have their own way.
    ///   - resize: the side of the square to which images are brought for metrics that compare them in full size; nil
    ///     leaves them as they are, and such metrics then refuse images of different sizes.
    public convenience init(
        reference: URL, candidates: some Sequence<ImagePath>, metrics: [any PerceptualMetric],
        rankedBy: String? = nil, decoding: DecodingOptions = .standard, resize: Int? = nil
    ) {
        self.init(
            PairComparer(metrics, decoding: decoding, resize: resize), reference: ImagePath(reference.path),
            candidates: Array(candidates), rankedBy: rankedBy)
    }

    package init(
        _ comparer: PairComparer, reference: ImagePath, candidates: [ImagePath], rankedBy: String? = nil
    ) {
        (self.reference, self.candidates) = (reference, candidates)
        (self.comparer, self.rankedBy) = (comparer, rankedBy)
    }

    /// How far the work is, until it is done or has failed; for one reader. Slow readers get the newest.
    public var progress: some AsyncSequence<Progress, Never> & Sendable {
        _ = task
        return Steps(stream: stream, cancel: { [self] in cancel() })
    }

    /// The ranking, when it is done.
    /// - Throws: `DreamSimError` when the reference cannot be used or no metric has the name that ranks;
    ///   `CancellationError`.
    public var result: ComparisonReport {
        get async throws {
            try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                cancel()
            }
        }
    }

    /// Ends the work after the images that are being compared.
    public func cancel() { task.cancel() }

    private var task: Task<ComparisonReport, any Error> {
        work.withLock { work in
            if let work { return work }
            let task = Task { [self] in
                defer { continuation.finish() }
                return try await OwnThread.run("dreamsim-comparison") { [self] cancellation in try run(cancellation) }
            }
            work = task
            return task
        }
    }

    private func run(_ cancellation: CancellationFlag) throws -> ComparisonReport {
        let start = ContinuousClock.now
        var outcomes: [PairOutcome] = []
        try comparer.compare(candidates.map { ImagePair(reference, $0) }) { outcome in
            // Nothing can be compared without the reference.
            if case .failure(let failure) = outcome.result, failure.image == reference { throw failure.error }
            if cancellation.isSet { throw CancellationError() }
            outcomes.append(outcome)
            continuation.yield(
                Progress(
                    done: outcomes.count, total: candidates.count, seconds: (.now - start) / .seconds(1)))
        }
        return try ComparisonReport(
            reference: reference, metrics: comparer.columns, rankedBy: rankedBy, outcomes: outcomes)
    }

    /// Progress that ends the work when the task that reads it is canceled.
    private struct Steps: AsyncSequence, Sendable {
        let stream: AsyncStream<Progress>
        let cancel: @Sendable () -> Void

        struct Iterator: AsyncIteratorProtocol {
            var steps: AsyncStream<Progress>.Iterator
            let cancel: @Sendable () -> Void

            mutating func next(isolation actor: isolated (any Actor)?) async -> Progress? {
                let step = await steps.next(isolation: actor)
                if Task.isCancelled { cancel() }
                return step
            }
        }

        func makeAsyncIterator() -> Iterator { Iterator(steps: stream.makeAsyncIterator(), cancel: cancel) }
    }
}
