import Dispatch
import Foundation
import Synchronization

/// How many threads the computations use, and the loop that spreads work over them.
public enum Parallel {
    private static let configured = Mutex<Int?>(nil)

    /// The number of threads: what was set here, else `DREAMSIM_THREADS`, else the number of active processors.
    public static var threads: Int {
        get { configured.withLock { $0 } ?? initial }
        set { configured.withLock { $0 = max(1, newValue) } }
    }

    private static let initial: Int = {
        let wanted = ProcessInfo.processInfo.environment["DREAMSIM_THREADS"].flatMap { Int($0) }
        if let wanted, wanted >= 1 { return wanted }
        return ProcessInfo.processInfo.activeProcessorCount
    }()

    /// Calls `body` once for each index in `0..<count`, on up to `threads` threads, and returns when all have finished.
    package static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
        let lanes = min(threads, count)
        guard lanes > 1 else {
            for i in 0..<count { body(i) }
            return
        }
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: lanes) { _ in
            while true {
                let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard i < count else { return }
                body(i)
            }
        }
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
}
