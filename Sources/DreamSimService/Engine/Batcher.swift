import Foundation

/// Does the work of many callers in turn, so that what computes for long never runs where requests are handled, and nobody
/// waits behind somebody else's large request.
///
/// Items of one key that arrive together share a batch: the first waits for others a few milliseconds, or until the batch is
/// full. Other work runs on threads of its own, one at a time: at its own steps (see `Interruption`) it lets others go first
/// when its turn has lasted, and ends when its caller has gone. The next turn is of the client that has had the least time,
/// see `FairShare`. What is accepted and not answered is bounded: `admit` says no when it would be too much.
///
/// `@unchecked Sendable`: everything mutable is read and written under `condition`.
package final class Batcher<Key: Hashable & Sendable, Item: Sendable, Output: Sendable>: @unchecked Sendable {
    typealias Request = BatcherRequest<Key, Item, Output>

    /// The most items of a batch.
    package let batchSize: Int
    /// The weight that can be accepted at a time.
    package let capacity: Int
    let gathering: Duration
    let process: @Sendable (Key, [Item]) throws -> [Output]
    let observe: @Sendable (Int, Duration) -> Void

    let condition = NSCondition()
    let shares = FairShare()
    var waiting: [BatcherWork] = []
    var admittedWeight = 0
    var isClosed = false
    /// The jobs that have begun and not ended.
    var begun = 0
    /// The bytes that these take.
    var begunMemory = 0
    let memory: Int
    /// Items a second, as lately seen; for saying when to come again.
    var rate = 0.0
    /// The seconds of an item, as lately seen.
    var costs: [Key: Double] = [:]

    /// The time that a batch should take at most: nobody waits longer for a turn, and work without a client ends by then.
    static var batchTime: Double { 0.4 }
    /// The time after which a job lets others go first.
    static var turnTime: Duration { .milliseconds(60) }
    /// How many jobs may have begun at a time. Each holds memory.
    static var mostBegun: Int { 8 }

    /// Starts the thread.
    /// - Parameters:
    ///   - batchSize: the most items that are processed together; fewer are where they take long.
    ///   - gathering: how long the first item waits for others.
    ///   - capacity: the weight that is admitted at a time.
    ///   - memory: the bytes that jobs may take that have begun; one may in any case.
    ///   - process: makes the outputs of a batch, in its order; runs on the thread.
    ///   - observe: told the size of each batch and how long it took.
    package init(
        batchSize: Int, gathering: Duration, capacity: Int, memory: Int = .max,
        process: @escaping @Sendable (Key, [Item]) throws -> [Output],
        observe: @escaping @Sendable (Int, Duration) -> Void = { _, _ in }
    ) {
        precondition(batchSize > 0 && capacity > 0, "batches of \(batchSize), \(capacity) admitted")
        (self.batchSize, self.gathering, self.capacity) = (batchSize, gathering, capacity)
        (self.memory, self.process, self.observe) = (memory, process, observe)
        OwnThread.start("dreamsim-compute", .userInitiated) { [self] in serve() }
    }

    // MARK: Admission

    /// The weight of what was admitted and is not answered.
    package var admitted: Int { locked { admittedWeight } }

    /// The items and jobs that wait for their turn.
    package var queued: Int { locked { waiting.reduce(0) { $0 + (($1 as? Request)?.left ?? 1) } } }

    /// The bytes of jobs that have begun and not ended.
    package var workingBytes: Int { locked { begunMemory } }

    /// The seconds of work that were admitted and are not done, as far as they were estimated.
    package var outstanding: Double { locked { shares.outstanding } }

    /// The seconds of an item of a key, as lately seen; nil when there was none.
    package func cost(of key: Key) -> Double? { locked { costs[key] } }

    /// Accepts work of some weight, or says that there is too much.
    /// - Parameter client: who asks; turns are shared out among clients.
    package func admit(_ weight: Int, of client: String = "") throws(Overload) -> Admission {
        let result: Result<Admission, Overload> = locked {
            guard !isClosed, admittedWeight + weight <= capacity else { return .failure(overload()) }
            admittedWeight += weight
            return .success(
                Admission(client, shares.add(client)) { [self] member in
                    locked {
                        admittedWeight -= weight
                        shares.remove(member, of: client)
                    }
                })
        }
        return try result.get()
    }

    /// Makes sure that there is any room at all, before a request is read.
    package func checkRoom() throws(Overload) {
        if let refusal = locked({ admittedWeight < capacity && !isClosed ? nil : overload() }) { throw refusal }
    }

    /// Adds to the time that admitted work will take, or says that others' work leaves too little.
    /// - Parameter most: the seconds of work that may be outstanding together.
    package func reserve(_ seconds: Double, _ admission: Admission, most: Double) throws(Overload) {
        let refusal: Overload? = locked {
            let outstanding = shares.outstanding
            guard outstanding == 0 || outstanding + seconds <= most else {
                return Overload(retryAfter: outstanding + seconds - most)
            }
            admission.member.estimated += seconds
            return nil
        }
        if let refusal { throw refusal }
    }

    func overload() -> Overload {
        Overload(retryAfter: max(shares.outstanding / 2, rate > 0 ? Double(admittedWeight) / rate / 2 : 1))
    }

    // MARK: Work

    /// Processes items, in batches with those of others.
    /// - Returns: the outputs, in the order of the items.
    /// - Throws: what `process` throws; `CancellationError` when the task is cancelled: items that wait are dropped.
    package func submit(_ items: [Item], key: Key, _ admission: Admission) async throws -> [Output] {
        guard !items.isEmpty else { return [] }
        let promise = Promise<[Output]>()
        add(Request(key, items, promise, admission))
        defer { withExtendedLifetime(admission) {} }
        return try await Self.value(of: promise)
    }

    /// Runs something else in its turn, on a thread of its own.
    /// - Parameters:
    ///   - memory: the bytes that it takes.
    ///   - took: told the seconds of its turns at its end, also when it was stopped.
    ///   - body: asks `Interruption.check()` at its steps, where it takes long.
    package func perform<R: Sendable>(
        _ admission: Admission, memory: Int = 0, took: @escaping @Sendable (Double) -> Void = { _ in },
        _ body: @escaping @Sendable () throws -> R
    ) async throws -> R {
        let promise = Promise<R>()
        add(
            BatcherJob(admission, memory: memory, isAbandoned: { promise.isResolved }, took: took) {
                promise.resolve(Result { try body() })
            })
        defer { withExtendedLifetime(admission) {} }
        return try await Self.value(of: promise)
    }

    /// What the thread makes; the time until then is noted.
    private static func value<R: Sendable>(of promise: Promise<R>) async throws -> R {
        guard let record = WorkRecord.current else { return try await promise.value() }
        return try await record.wait { try await promise.value() }
    }

    func add(_ work: BatcherWork) {
        locked {
            work.member.begin()
            waiting.append(work)
            condition.broadcast()
        }
    }

    /// Admits nothing more; the thread ends when everything that was admitted is answered.
    package func close() {
        locked {
            isClosed = true
            condition.broadcast()
        }
    }

    func locked<R>(_ body: () -> R) -> R {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}
