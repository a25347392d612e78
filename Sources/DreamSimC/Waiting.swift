import Foundation
import Synchronization

/// Runs the jobs of one task on the thread that waits for it. The threads that tasks share otherwise are gone in the child of
/// a fork, where a task would wait for them forever.
///
/// `@unchecked Sendable`: the jobs are touched only under the condition's lock.
private final class WaitingThread: TaskExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []
    private var isDone = false

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock {
            jobs.append(job)
            condition.signal()
        }
    }

    func finish() {
        condition.withLock {
            isDone = true
            condition.signal()
        }
    }

    /// Runs jobs until the task is done.
    func run() {
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        condition.withLock {
            while jobs.isEmpty && !isDone { condition.wait() }
            return jobs.isEmpty ? nil : jobs.removeFirst()
        }
    }
}

/// Waits for what is asynchronous, until the listener asks to stop: the task is cancelled then.
func wait<Result: Sendable>(
    _ listener: Listener, _ body: @escaping @Sendable () async throws -> Result
) throws -> Result {
    let thread = WaitingThread()
    let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)
    let task = Task(executorPreference: thread) {
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        outcome.withLock { $0 = result }
        thread.finish()
    }
    listener.onCancel { task.cancel() }
    thread.run()
    guard let result = outcome.withLock({ $0 }) else { preconditionFailure("a task that ended without a result") }
    return try result.get()
}
