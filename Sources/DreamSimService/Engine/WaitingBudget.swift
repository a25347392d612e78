import Foundation

/// The memory that decoding takes together. Whoever needs more than is there waits for the others to end.
///
/// `@unchecked Sendable`: everything mutable is read and written under `condition`.
package final class WaitingBudget: @unchecked Sendable {
    /// Why there is no memory.
    private enum Refusal: Error, CustomStringConvertible {
        case limit(Int)
        case patience

        var description: String {
            switch self {
            case .limit(let bytes): "the limit is \(bytes); send a smaller image, or one of 8 bits without transparency"
            case .patience: "others have needed the memory for too long"
            }
        }
    }

    private let limit: Int
    private let patience: Double
    private let condition = NSCondition()
    private var used = 0
    private var most = 0

    /// - Parameter patience: how long anybody waits, in seconds.
    package init(_ limit: Int, patience: Double = 60) { (self.limit, self.patience) = (limit, patience) }

    /// The bytes that are taken.
    package var held: Int { locked { used } }

    /// The most that was taken at a time.
    package var peak: Int { locked { most } }

    /// Runs something whose decoding asks for memory, which is given back at its end; blocks.
    /// - Throws: what `body` throws; `Problem` when others do not give back enough.
    package func run<Value>(_ body: () throws -> Value) throws -> Value {
        let holding = Holding()
        defer {
            locked {
                used -= holding.bytes
                condition.broadcast()
            }
        }
        do {
            return try MemoryReservation.run({ [self] in try take($0, holding) }, body)
        } catch {
            guard holding.isRefused else { throw error }
            throw Problem.passing(.overload, "the images of all requests take too much memory", retryAfter: 1)
        }
    }

    /// What one caller has taken. Only touched under the lock, or by the thread of its caller.
    private final class Holding: @unchecked Sendable {
        var bytes = 0
        var isRefused = false
    }

    private func take(_ bytes: Int, _ holding: Holding) throws {
        let end = Date(timeIntervalSinceNow: patience)
        condition.lock()
        defer { condition.unlock() }
        guard holding.bytes + bytes <= limit else { throw Refusal.limit(limit) }
        while used + bytes > limit {
            // Its client may have gone meanwhile.
            try Interruption.check()
            guard Date() < end else {
                holding.isRefused = true
                throw Refusal.patience
            }
            _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
        }
        used += bytes
        most = max(most, used)
        holding.bytes += bytes
    }

    private func locked<R>(_ body: () -> R) -> R {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}
