import Foundation

/// What waits for its turn with a batcher. Only touched under the batcher's lock, but for what does not change.
class BatcherWork {
    /// Whose turn it takes. Not the admission: its last reference must not end under the lock.
    let member: FairShare.Member
    let isAbandoned: @Sendable () -> Bool
    /// Where the time is noted that it takes.
    let record = WorkRecord.current

    init(_ admission: Admission, isAbandoned: @escaping @Sendable () -> Bool) {
        (member, self.isAbandoned) = (admission.member, isAbandoned)
    }
}

/// The items of one caller.
final class BatcherRequest<Key, Item: Sendable, Output: Sendable>: BatcherWork {
    let key: Key
    let items: [Item]
    let promise: Promise<[Output]>
    let arrival = ContinuousClock.now
    var taken = 0
    private var outputs: [Output?]
    private var missing: Int

    init(_ key: Key, _ items: [Item], _ promise: Promise<[Output]>, _ admission: Admission) {
        (self.key, self.items, self.promise) = (key, items, promise)
        outputs = Array(repeating: nil, count: items.count)
        missing = items.count
        super.init(admission) { promise.isResolved }
    }

    var left: Int { items.count - taken }

    /// Takes the output of an item, of which the last one answers the caller. Called by the batcher's thread alone.
    func take(_ output: Output, at index: Int) {
        outputs[index] = output
        missing -= 1
        if missing == 0 { promise.resolve(.success(outputs.compactMap(\.self))) }
    }
}

/// Something that is computed on a thread of its own, in turn with everything else.
///
/// `@unchecked Sendable`: everything mutable is read and written under the batcher's lock.
final class BatcherJob: BatcherWork, @unchecked Sendable {
    enum State {
        case new, running, paused, done
    }

    let body: @Sendable () -> Void
    /// The bytes that it takes from its first step to its last.
    let memory: Int
    /// Told how long it has computed, at its end.
    let took: @Sendable (Double) -> Void
    var state = State.new
    /// When its turn began.
    var turn = ContinuousClock.now
    var seconds = 0.0

    init(
        _ admission: Admission, memory: Int, isAbandoned: @escaping @Sendable () -> Bool,
        took: @escaping @Sendable (Double) -> Void, body: @escaping @Sendable () -> Void
    ) {
        (self.body, self.memory, self.took) = (body, memory, took)
        super.init(admission, isAbandoned: isAbandoned)
    }
}
