import Foundation

/// A right to have work done; it ends with its last reference.
package final class Admission: Sendable {
    private let release: @Sendable () -> Void

    fileprivate init(_ release: @escaping @Sendable () -> Void) { self.release = release }

    deinit { release() }
}

/// Too much is waiting.
package struct Overload: Error {
    /// When there will be room, as far as can be told: whole seconds, 1 to 60.
    package let retryAfter: Int
}

/// Gathers the items of many callers into batches, which one thread of its own works through, so that what blocks for long
/// never runs where requests are handled.
///
/// Items of one key that arrive together share a batch: the first waits for others a few milliseconds, or until the batch is
/// full. Nobody waits behind a large request: of every caller half a batch is taken at a time, in turn. What is
/// accepted and not answered is bounded: `admit` says no when it would be too much.
///
/// `@unchecked Sendable`: everything mutable is read and written under `condition`.
package final class Batcher<Key: Hashable & Sendable, Item: Sendable, Output: Sendable>: @unchecked Sendable {
    /// The items of a batch.
    package let batchSize: Int
    /// The weight that can be accepted at a time.
    package let capacity: Int
    private let gathering: Duration
    private let process: @Sendable (Key, [Item]) throws -> [Output]
    private let observe: @Sendable (Int, Duration) -> Void

    private let condition = NSCondition()
    private var waiting: [Work] = []
    private var admittedWeight = 0
    private var isClosed = false
    /// Items a second, as lately seen; for saying when to come again.
    private var rate = 0.0

    private enum Work {
        case items(Request)
        case job(isAbandoned: @Sendable () -> Bool, run: @Sendable () -> Void)
    }

    /// The items of one caller. Only touched under the lock, but for `key`, `items` and `promise`, which do not change.
    private final class Request {
        let key: Key
        let items: [Item]
        let promise: Promise<[Output]>
        let arrival = ContinuousClock.now
        var taken = 0
        var outputs: [Output?]
        var missing: Int

        init(_ key: Key, _ items: [Item], _ promise: Promise<[Output]>) {
            (self.key, self.items, self.promise) = (key, items, promise)
            outputs = Array(repeating: nil, count: items.count)
            missing = items.count
        }
    }

    /// Starts the thread.
    /// - Parameters:
    ///   - batchSize: the most items that are processed together.
    ///   - gathering: how long the first item waits for others.
    ///   - capacity: the weight that is admitted at a time.
    ///   - process: makes the outputs of a batch, in its order; runs on the thread.
    ///   - observe: told the size of each batch and how long it took.
    package init(
        batchSize: Int, gathering: Duration, capacity: Int,
        process: @escaping @Sendable (Key, [Item]) throws -> [Output],
        observe: @escaping @Sendable (Int, Duration) -> Void = { _, _ in }
    ) {
        precondition(batchSize > 0 && capacity > 0, "batches of \(batchSize), \(capacity) admitted")
        (self.batchSize, self.gathering, self.capacity) = (batchSize, gathering, capacity)
        (self.process, self.observe) = (process, observe)
        OwnThread.start("dreamsim-compute", .userInitiated) { [self] in serve() }
    }

    /// The weight of what was admitted and is not answered.
    package var admitted: Int { locked { admittedWeight } }

    /// Accepts work of some weight, or says that there is too much.
    package func admit(_ weight: Int) throws(Overload) -> Admission {
        let refusal: Overload? = locked {
            guard !isClosed, admittedWeight + weight <= capacity else { return overload() }
            admittedWeight += weight
            return nil
        }
        if let refusal { throw refusal }
        return Admission { [self] in locked { admittedWeight -= weight } }
    }

    /// Makes sure that there is any room at all, before a request is read.
    package func checkRoom() throws(Overload) {
        if let refusal = locked({ admittedWeight < capacity && !isClosed ? nil : overload() }) { throw refusal }
    }

    private func overload() -> Overload {
        let seconds = rate > 0 ? Double(admittedWeight) / rate / 2 : 1
        return Overload(retryAfter: min(max(Int(seconds.rounded(.up)), 1), 60))
    }

    /// Processes items, in batches with those of others.
    /// - Returns: the outputs, in the order of the items.
    /// - Throws: what `process` throws; `CancellationError` when the task is cancelled: items that wait are dropped.
    package func submit(_ items: [Item], key: Key, _ admission: Admission) async throws -> [Output] {
        guard !items.isEmpty else { return [] }
        let promise = Promise<[Output]>()
        locked {
            waiting.append(.items(Request(key, items, promise)))
            condition.signal()
        }
        defer { withExtendedLifetime(admission) {} }
        return try await promise.value()
    }

    /// Runs something else on the thread, in its turn.
    package func perform<R: Sendable>(_ admission: Admission, _ body: @escaping @Sendable () throws -> R) async throws
        -> R
    {
        let promise = Promise<R>()
        locked {
            waiting.append(
                .job(isAbandoned: { promise.isResolved }, run: { promise.resolve(Result { try body() }) }))
            condition.signal()
        }
        defer { withExtendedLifetime(admission) {} }
        return try await promise.value()
    }

    /// Admits nothing more; the thread ends when everything that was admitted is answered.
    package func close() {
        locked {
            isClosed = true
            condition.signal()
        }
    }

    private func locked<R>(_ body: () -> R) -> R {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    // MARK: The thread

    private enum Turn {
        case batch(Key, [(request: Request, index: Int)])
        case job(@Sendable () -> Void)
    }

    private func serve() {
        while let turn = nextTurn() {
            let start = ContinuousClock.now
            switch turn {
            case .job(let run): run()
            case .batch(let key, let members):
                let result = Result { try process(key, members.map { $0.request.items[$0.index] }) }
                finish(members, result)
                let time = ContinuousClock.now - start
                observe(members.count, time)
                locked { rate = rate * 0.9 + 0.1 * Double(members.count) / max(time.seconds, 1e-6) }
            }
        }
    }

    /// Waits for something to do; nil at the end.
    private func nextTurn() -> Turn? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            waiting.removeAll { work in
                switch work {
                case .items(let request): request.promise.isResolved
                case .job(let isAbandoned, _): isAbandoned()
                }
            }
            guard let first = waiting.first else {
                if isClosed && admittedWeight == 0 { return nil }
                // Looks again now and then when closed: an admission may end without any work.
                if isClosed { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05)) } else { condition.wait() }
                continue
            }
            guard case .items(let request) = first else {
                guard case .job(_, let run) = waiting.removeFirst() else { continue }
                return .job(run)
            }
            let rest = request.arrival + gathering - .now
            if rest > .zero && !isClosed && available(request.key) < batchSize {
                _ = condition.wait(until: Date(timeIntervalSinceNow: rest.seconds))
                continue
            }
            return .batch(request.key, gather(request.key))
        }
    }

    private func available(_ key: Key) -> Int {
        waiting.reduce(0) { sum, work in
            guard case .items(let request) = work, request.key == key else { return sum }
            return sum + request.items.count - request.taken
        }
    }

    /// Takes a batch: of each request up to half a batch in turn, so that small ones are answered at once. Requests of which
    /// something is left go to the end of the line.
    private func gather(_ key: Key) -> [(request: Request, index: Int)] {
        var members: [(request: Request, index: Int)] = []
        var isEmpty = false
        while members.count < batchSize && !isEmpty {
            isEmpty = true
            for case .items(let request) in waiting where request.key == key {
                for _ in 0..<max(1, batchSize / 2)
                where members.count < batchSize && request.taken < request.items.count {
                    members.append((request, request.taken))
                    request.taken += 1
                    isEmpty = false
                }
            }
        }
        let participants = Set(members.map { ObjectIdentifier($0.request) })
        var unfinished: [Work] = []
        waiting.removeAll { work in
            guard case .items(let request) = work, participants.contains(ObjectIdentifier(request)) else {
                return false
            }
            if request.taken < request.items.count { unfinished.append(work) }
            return true
        }
        waiting += unfinished
        return members
    }

    private func finish(_ members: [(request: Request, index: Int)], _ result: Result<[Output], any Error>) {
        switch result {
        case .failure(let error): for member in members { member.request.promise.resolve(.failure(error)) }
        case .success(let outputs):
            precondition(outputs.count == members.count, "\(outputs.count) outputs of \(members.count) items")
            for (member, output) in zip(members, outputs) {
                let request = member.request
                request.outputs[member.index] = output
                request.missing -= 1
                if request.missing == 0 { request.promise.resolve(.success(request.outputs.compactMap(\.self))) }
            }
        }
    }
}
