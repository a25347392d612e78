import Foundation

/// Threads for work that blocks, such as decoding: it must not run where requests are handled.
///
/// `@unchecked Sendable`: everything mutable is read and written under `condition`.
final class WorkerThreads: @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [@Sendable () -> Void] = []
    private var isClosed = false

    /// Starts threads.
    init(_ count: Int, name: String) {
        OwnThread.start(name, count: max(1, count)) { [self] in serve() }
    }

    /// Runs something on one of the threads. Work of a task that is cancelled meanwhile is not begun.
    /// - Throws: what it throws; `CancellationError` when the task is cancelled or the threads are ending.
    func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        let promise = Promise<R>()
        let isTaken = enqueue { if !promise.isResolved { promise.resolve(Result { try body() }) } }
        guard isTaken else { throw CancellationError() }
        return try await promise.value()
    }

    /// Adds a job; false when the threads are ending.
    private func enqueue(_ job: @escaping @Sendable () -> Void) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed else { return false }
        jobs.append(job)
        condition.signal()
        return true
    }

    /// Lets the threads end when everything that was begun or waits is done.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    private func serve() {
        condition.lock()
        while true {
            if jobs.isEmpty {
                if isClosed { break }
                condition.wait()
            } else {
                let job = jobs.removeFirst()
                condition.unlock()
                job()
                condition.lock()
            }
        }
        condition.unlock()
    }
}
