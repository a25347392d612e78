import Foundation

/// State of the whole process behind a lock that a fork cannot leave locked: the child of a fork has one thread only, and a
/// lock that another thread of its parent held at that moment would never be opened in it.
///
/// For what is used on the way of every computation. Objects of it are never freed.
///
/// `@unchecked Sendable`: the value is touched only under the lock.
package final class ForkSafe<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    package init(_ value: Value) {
        self.value = value
        ForkLocks.add(lock)
    }

    package func withLock<Result, Failure>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

/// The locks that a fork waits for, and opens on both of its sides.
///
/// `@unchecked Sendable`: the list is touched only under its own lock, which the forking thread holds during a fork.
private final class ForkLocks: @unchecked Sendable {
    private static let shared = ForkLocks()
    private let own = NSLock()
    private var locks: [NSLock] = []

    private init() {
        pthread_atfork(
            { ForkLocks.shared.lockAll() }, { ForkLocks.shared.unlockAll() }, { ForkLocks.shared.unlockAll() })
    }

    static func add(_ lock: NSLock) {
        shared.own.lock()
        shared.locks.append(lock)
        shared.own.unlock()
    }

    private func lockAll() {
        own.lock()
        for lock in locks { lock.lock() }
    }

    private func unlockAll() {
        for lock in locks.reversed() { lock.unlock() }
        own.unlock()
    }
}
