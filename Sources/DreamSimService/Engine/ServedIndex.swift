import DreamSimRetrieval
import Foundation
import Synchronization

/// The index that is searched. It is opened anew now and then, so that what is added meanwhile is found.
final class ServedIndex: Sendable {
    let name: String
    let folder: URL
    /// Requests that change the index take turns; only another process can be in their way.
    let changes = Turnstile()
    private let state = Mutex<(reader: IndexReader, opened: ContinuousClock.Instant)?>(nil)
    private let searches = Mutex<[String: DuplicateSearch]>([:])
    private static let freshness = Duration.seconds(2)
    /// Of the reader that was asked last, which is not told by its address: that may be another's when it is gone.
    private let counts = Mutex<Counts?>(nil)

    /// What was last said of the graph.
    private let said = Mutex("")

    private struct Counts {
        weak var reader: IndexReader?
        let images, failures: Int
    }

    init(_ folder: URL, name: String) { (self.folder, self.name) = (folder, name) }

    /// The index as it is; blocks.
    /// - Throws: `Problem` when it cannot be used.
    func reader() throws(Problem) -> IndexReader {
        do {
            return try state.withLock { state in
                if let state, .now - state.opened < Self.freshness { return state.reader }
                // What cannot be opened is not shown as it was before.
                state = nil
                let reader = try IndexReader(folder)
                state = (reader, .now)
                return reader
            }
        } catch {
            throw Problem.unavailable("the index", error, in: folder)
        }
    }

    /// Looks at the index anew when it is asked next, because it has changed.
    func refresh() {
        state.withLock { $0 = nil }
        searches.withLock { $0 = $0.filter { !$0.value.isDone } }
    }

    /// How many images there are, and how many files that cannot be used.
    func counts(of reader: IndexReader) throws -> (images: Int, failures: Int) {
        try counts.withLock { counts in
            if let counts, counts.reader === reader { return (counts.images, counts.failures) }
            let found = (images: try reader.count(), failures: try reader.failureCount())
            counts = Counts(reader: reader, images: found.images, failures: found.failures)
            return found
        }
    }

    /// Whether a fault of the graph is news: every approximate search meets it.
    func isNews(_ fault: DreamSimError) -> Bool {
        said.withLock { said in
            defer { said = "\(fault)" }
            return said != "\(fault)"
        }
    }

    /// The search for duplicates of a tier, begun when there is none or the last one is too old to be shown.
    /// - Throws: `Problem` when too many others are running: distances can be any number.
    func duplicates(
        _ tier: DuplicateTier, _ distance: Double?, in store: ModelStore, on threads: WorkerThreads
    ) throws(Problem) -> DuplicateSearch {
        let search: DuplicateSearch? = searches.withLock { searches in
            let key = "\(tier.rawValue) \(distance.map { "\($0)" } ?? "")"
            if let search = searches[key], !search.isStale { return search }
            if searches.count >= Self.mostSearches { searches = searches.filter { !$0.value.isDone } }
            guard searches.count < Self.mostSearches else { return nil }
            let search = DuplicateSearch(tier, distance, store)
            searches[key] = search
            Task { await search.run(in: self, on: threads) }
            return search
        }
        guard let search else {
            throw .passing(.overload, "too many searches for duplicates are running", retryAfter: 10)
        }
        return search
    }

    private static let mostSearches = 8
}

/// A search for duplicates, which may take long.
final class DuplicateSearch: Sendable {
    private enum State {
        case running(done: Int, total: Int)
        case done(Result<DuplicateReport, any Error>, ContinuousClock.Instant)
    }

    private let tier: DuplicateTier
    private let distance: Double?
    private let store: ModelStore
    private let state = Mutex(State.running(done: 0, total: 0))
    private static let (life, failureLife) = (Duration.seconds(60), Duration.seconds(2))

    init(_ tier: DuplicateTier, _ distance: Double?, _ store: ModelStore) {
        (self.tier, self.distance, self.store) = (tier, distance, store)
    }

    /// How far it is; nil at the end.
    var progress: (done: Int, total: Int)? {
        state.withLock { if case .running(let done, let total) = $0 { (done, total) } else { nil } }
    }

    var isDone: Bool { progress == nil }

    /// Whether it ended so long ago that the index may be another.
    var isStale: Bool {
        state.withLock { state in
            guard case .done(let result, let end) = state else { return false }
            // What failed may have been mended meanwhile.
            return .now - end > ((try? result.get()) == nil ? Self.failureLife : Self.life)
        }
    }

    /// What was found; nil until the end.
    /// - Throws: why nothing can be found.
    func report() throws -> DuplicateReport? {
        try state.withLock { if case .done(let result, _) = $0 { try result.get() } else { nil } }
    }

    /// - Parameter index: is held while it is searched, and no longer: it holds the search.
    func run(in index: ServedIndex, on threads: WorkerThreads) async {
        do {
            let report = try await threads.run { [self] in
                let reader = try index.reader()
                let thresholds = try reader.duplicateThresholds(
                    for: tier, in: store, near: tier == .near ? distance : nil, scene: tier == .scene ? distance : nil)
                return try reader.duplicates(DuplicateOptions(tier: tier, thresholds: thresholds)) { done, total in
                    state.withLock { $0 = .running(done: done, total: total) }
                }
            }
            state.withLock { $0 = .done(.success(report), .now) }
        } catch {
            state.withLock { $0 = .done(.failure(error), .now) }
        }
    }
}
