import Foundation

/// The thread that gives turns.
extension Batcher {
    private enum Turn {
        case batch(Key, [(request: Request, index: Int)])
        case job(BatcherJob)
    }

    func serve() {
        while let turn = nextTurn() {
            switch turn {
            case .job(let job): run(job)
            case .batch(let key, let members): run(key, members)
            }
        }
    }

    private func run(_ key: Key, _ members: [(request: Request, index: Int)]) {
        for member in members { member.request.record?.enter(.computing) }
        let start = ContinuousClock.now
        let promises = members.map(\.request.promise)
        let result = Interruption.run({
            if promises.allSatisfy(\.isResolved) { throw CancellationError() }
        }) {
            Result { try process(key, members.map { $0.request.items[$0.index] }) }
        }
        let time = ContinuousClock.now - start
        for member in members { member.request.record?.leave(.computing) }
        let isWhole = (try? result.get()) != nil
        locked {
            let each = time.seconds / Double(members.count)
            // Each was charged what was expected.
            let expected = costs[key] ?? 0
            for member in members { member.request.member.charge(each - expected) }
            // What was stopped tells nothing of what others will take.
            guard isWhole else { return }
            costs[key] = costs[key].map { 0.7 * $0 + 0.3 * each } ?? each
            rate = rate * 0.9 + 0.1 / max(each, 1e-6)
        }
        switch result {
        case .failure(let error): for member in members { member.request.promise.resolve(.failure(error)) }
        case .success(let outputs):
            precondition(outputs.count == members.count, "\(outputs.count) outputs of \(members.count) items")
            for (member, output) in zip(members, outputs) { member.request.take(output, at: member.index) }
        }
        observe(members.count, time)
    }

    /// Gives a job its turn, and waits until that is over.
    private func run(_ job: BatcherJob) {
        condition.lock()
        job.record?.enter(.computing)
        let isNew = job.state == .new
        job.state = .running
        job.turn = .now
        if isNew {
            begun += 1
            begunMemory += job.memory
            OwnThread.start("dreamsim-job", .userInitiated) { [self] in
                Interruption.run({ [self] in try step(job) }, job.body)
                locked {
                    job.state = .done
                    condition.broadcast()
                }
            }
        } else {
            condition.broadcast()
        }
        while job.state == .running { condition.wait() }
        job.record?.leave(.computing)
        let seconds = (ContinuousClock.now - job.turn).seconds
        job.seconds += seconds
        job.member.charge(seconds)
        let isDone = job.state == .done
        if isDone {
            begun -= 1
            begunMemory -= job.memory
            job.member.end()
        } else {
            waiting.append(job)
        }
        condition.unlock()
        if isDone { job.took(job.seconds) }
    }

    /// What a job does between its steps, on its own thread.
    /// - Throws: `CancellationError` when nobody waits for it any more.
    private func step(_ job: BatcherJob) throws {
        if job.isAbandoned() { throw CancellationError() }
        // Only its own thread and, while that waits, the one that gives turns write it.
        guard ContinuousClock.now - job.turn > Self.turnTime else { return }
        locked {
            guard !waiting.isEmpty else { return }
            job.state = .paused
            condition.broadcast()
            while job.state == .paused { condition.wait() }
        }
        if job.isAbandoned() { throw CancellationError() }
    }

    /// Waits for something to do; nil at the end.
    private func nextTurn() -> Turn? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            dropAbandoned()
            guard let first = nextWork() else {
                if isClosed && admittedWeight == 0 { return nil }
                // Looks again now and then when closed: an admission may end without any work.
                if isClosed { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05)) } else { condition.wait() }
                continue
            }
            guard let request = first as? Request else {
                guard let job = first as? BatcherJob else { preconditionFailure("unknown work") }
                waiting.removeAll { $0 === job }
                job.member.choose()
                return .job(job)
            }
            let (rest, size) = (request.arrival + gathering - .now, size(request.key))
            if rest > .zero && !isClosed && available(request.key) < size {
                _ = condition.wait(until: Date(timeIntervalSinceNow: rest.seconds))
                continue
            }
            return .batch(request.key, gather(request.key, size))
        }
    }

    /// Forgets what nobody waits for. A job that has begun ends by itself at its next step.
    private func dropAbandoned() {
        waiting.removeAll { work in
            guard work.isAbandoned(), (work as? BatcherJob)?.state != .paused else { return false }
            work.member.end()
            return true
        }
    }

    /// Whose turn is next.
    private func nextWork() -> BatcherWork? {
        var first: BatcherWork?
        for work in waiting {
            if let job = work as? BatcherJob {
                // It only lets go of what it holds.
                if job.state == .paused && job.isAbandoned() { return job }
                if job.state == .new && !hasRoom(job) { continue }
            }
            if first.map({ work.member.isBefore($0.member) }) ?? true { first = work }
        }
        return first
    }

    private func hasRoom(_ job: BatcherJob) -> Bool {
        begun == 0 || begun < Self.mostBegun && job.memory <= memory - begunMemory
    }

    /// How many items of a key make a batch.
    private func size(_ key: Key) -> Int {
        guard let cost = costs[key], cost > 0 else { return batchSize }
        return max(1, min(batchSize, Int(min(Self.batchTime / cost, 1e6))))
    }

    private func available(_ key: Key) -> Int {
        waiting.reduce(0) { sum, work in
            guard let request = work as? Request, request.key == key else { return sum }
            return sum + request.left
        }
    }

    /// Takes a batch, item by item of the request whose turn it is.
    private func gather(_ key: Key, _ size: Int) -> [(request: Request, index: Int)] {
        var members: [(request: Request, index: Int)] = []
        let cost = costs[key] ?? 0
        var requests = waiting.compactMap { $0 as? Request }.filter { $0.key == key }
        while members.count < size, !requests.isEmpty {
            var place = 0
            for other in requests.indices.dropFirst()
            where requests[other].member.isBefore(requests[place].member) { place = other }
            let request = requests[place]
            request.member.choose()
            members.append((request, request.taken))
            request.taken += 1
            request.member.charge(cost)
            guard request.left > 0 else {
                waiting.removeAll { $0 === request }
                request.member.end()
                requests.remove(at: place)
                continue
            }
            // Where nothing is known of costs yet, one after the other.
            if cost == 0 { requests.append(requests.remove(at: place)) }
        }
        return members
    }
}
