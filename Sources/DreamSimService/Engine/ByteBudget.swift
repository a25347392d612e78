import Synchronization

/// How many bytes requests hold together: bodies, and images in full size. What would pass it is refused, so that memory
/// stays bounded whatever arrives.
final class ByteBudget: Sendable {
    private let limit: Int
    private let used = Mutex(0)

    init(_ limit: Int) { self.limit = limit }

    /// The bytes that are held.
    var held: Int { used.withLock { $0 } }

    /// A share of the budget, given back with its last reference.
    final class Share: Sendable {
        private let budget: ByteBudget
        private let bytes: Mutex<Int>

        fileprivate init(_ budget: ByteBudget, _ bytes: Int) {
            self.budget = budget
            self.bytes = Mutex(bytes)
        }

        /// Takes more.
        /// - Returns: whether there was enough.
        func grow(by count: Int) -> Bool {
            guard budget.take(count) else { return false }
            bytes.withLock { $0 += count }
            return true
        }

        deinit {
            let bytes = bytes.withLock { $0 }
            budget.used.withLock { $0 -= bytes }
        }
    }

    /// Takes a share; nil when there is not enough.
    func share(_ bytes: Int) -> Share? { take(bytes) ? Share(self, bytes) : nil }

    private func take(_ bytes: Int) -> Bool {
        used.withLock { used in
            guard bytes >= 0, bytes <= limit - used else { return false }
            used += bytes
            return true
        }
    }
}
