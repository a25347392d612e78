import DreamSimSupport
import Foundation
import Synchronization

/// How many threads the computations use, and the loops that spread work over them.
package enum Parallel {
    private static let configured = ForkSafe<Int?>(nil)

    /// The number of threads: what was set here, else `DREAMSIM_THREADS`, else the number of active processors; at
    /// most 1024.
    package static var threads: Int {
        get { configured.withLock { $0 } ?? initial }
        set { configured.withLock { $0 = min(max(1, newValue), most) } }
    }

    private static let most = 1024

    private static let initial: Int = {
        let wanted = ProcessInfo.processInfo.environment["DREAMSIM_THREADS"].flatMap { Int($0) }
        if let wanted, wanted >= 1 { return min(wanted, most) }
        return min(ProcessInfo.processInfo.activeProcessorCount, most)
    }()

    /// Calls `body` once for each index in `0..<count`, on up to `threads` threads, and returns when all have finished.
    package static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
        forEach(count, lanes: threads) { index, _ in body(index) }
    }

    /// Calls `body` once for each index in `0..<count`, on up to `lanes` threads, and returns when all have finished.
    /// - Parameter body: takes the index, and which of the threads it runs on, in `0..<lanes`.
    package static func forEach(_ count: Int, lanes: Int, _ body: @Sendable (Int, Int) -> Void) {
        if min(lanes, count) > 1 && ThreadTeam.shared.run(count, lanes: min(lanes, count), body) { return }
        for i in 0..<count { body(i, 0) }
    }

    /// What `body` gives for each index in `0..<count`, in their order, computed on up to `threads` threads.
    package static func map<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: count))
        forEach(count) { index in
            let result = body(index)
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0.compactMap(\.self) }
    }

    /// Splits `0..<count` into one contiguous range a thread, each but the last a multiple of `multiple` long.
    package static func forEachRange(_ count: Int, multiple: Int, _ body: @Sendable (Range<Int>) -> Void) {
        let units = (count + multiple - 1) / multiple
        let parts = min(threads, units)
        forEach(parts) { part in
            let lower = units * part / parts * multiple
            let upper = min(count, units * (part + 1) / parts * multiple)
            body(lower..<upper)
        }
    }

    /// Whether all threads that wait for loops are asleep.
    package static var isResting: Bool { ThreadTeam.shared.isResting }
}
