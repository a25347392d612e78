import Foundation

/// Threads for work that blocks, such as decoding: it must not run where requests are handled. The next job is of the client
/// that has had the least time, see `FairShare`.
///
/// `@unchecked Sendable`: everything mutable is read and written under `condition`.
package final class WorkerThreads: @unchecked Sendable {
    private struct Job {
        let client: String
        let member: FairShare.Member
        let isAbandoned: @Sendable () -> Bool
        let run: @Sendable () -> Void
    }

    private let condition = NSCondition()
    private let shares = FairShare()
    private var jobs: [Job] = []
    private var isClosed = false
    private let capacity: Int

    /// Starts threads.
    /// - Parameter capacity: the jobs that may wait at a time.
    package init(_ count: Int, name: String, capacity: Int = .max) {
        self.capacity = capacity
        OwnThread.start(name, count: max(1, count)) { [self] in serve() }
    }

    /// The jobs that wait for a thread.
    package var queued: Int {
        condition.lock()
        defer { condition.unlock() }
        return jobs.count
    }

    /// Runs something on one of the threads. Work of a task that is cancelled meanwhile is not begun, and ends at its next
    /// step where it asks `Interruption.check()`.
    /// - Parameters:
    ///   - client: for whom it is.
    ///   - phase: as what it counts in the record of the request that the task works for.
    /// - Throws: what it throws; `CancellationError` when the task is cancelled or the threads are ending; `Overload` when too
    ///   much waits.
    package func run<R: Sendable>(
        for client: String = "", as phase: WorkRecord.Phase = .other, _ body: @escaping @Sendable () throws -> R
    ) async throws -> R {
        let (promise, record) = (Promise<R>(), WorkRecord.current)
        @Sendable func work() {
            record?.enter(phase)
            defer { record?.leave(phase) }
            Interruption.run({ if promise.isResolved { throw CancellationError() } }) {
                promise.resolve(Result { try body() })
            }
        }
        func value() async throws -> R {
            try enqueue(client, isAbandoned: { promise.isResolved }, work)
            return try await promise.value()
        }
        return if let record { try await record.wait { try await value() } } else { try await value() }
    }

    private func enqueue(
        _ client: String, isAbandoned: @escaping @Sendable () -> Bool, _ run: @escaping @Sendable () -> Void
    ) throws {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed else { throw CancellationError() }
        if jobs.count >= capacity {
            jobs.removeAll { job in
                guard job.isAbandoned() else { return false }
                end(job)
                return true
            }
            guard jobs.count < capacity else { throw Overload(retryAfter: 1) }
        }
        let member = shares.add(client)
        member.begin()
        jobs.append(Job(client: client, member: member, isAbandoned: isAbandoned, run: run))
        condition.signal()
    }

    private func end(_ job: Job) {
        job.member.end()
        shares.remove(job.member, of: job.client)
    }

    /// Lets the threads end when everything that was begun or waits is done.
    package func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    private func serve() {
        condition.lock()
        while true {
            guard let place = next() else {
                if isClosed { break }
                condition.wait()
                continue
            }
            let job = jobs.remove(at: place)
            guard !job.isAbandoned() else {
                end(job)
                continue
            }
            job.member.choose()
            condition.unlock()
            let start = ContinuousClock.now
            job.run()
            condition.lock()
            job.member.charge((ContinuousClock.now - start).seconds)
            end(job)
        }
        condition.unlock()
    }

    private func next() -> Int? {
        var first: Int?
        for place in jobs.indices where first.map({ jobs[place].member.isBefore(jobs[$0].member) }) ?? true {
            first = place
        }
        return first
    }
}
