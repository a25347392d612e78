import DreamSim
import DreamSimService
import DreamSimSupport
import Foundation
import ModelTestSupport
import Synchronization
import TestSupport
import Testing

/// What a batcher was given, batch by batch; and a door that keeps the first batch until it is opened.
private final class Record: Sendable {
    private let state = Mutex<(batches: [[Int]], isOpen: Bool)>(([], true))

    /// What a batch takes at least, in microseconds.
    private let batchTime: UInt32

    init(isOpen: Bool = true, batchTime: UInt32 = 0) {
        self.batchTime = batchTime
        state.withLock { $0.isOpen = isOpen }
    }

    var batches: [[Int]] { state.withLock(\.batches) }

    func open() { state.withLock { $0.isOpen = true } }

    func process(_ items: [Int]) -> [Int] {
        state.withLock { $0.batches.append(items) }
        while !state.withLock(\.isOpen) { usleep(500) }
        usleep(batchTime)
        return items.map { $0 * 2 }
    }

    /// Waits until so many batches have been begun.
    func wait(for count: Int) async throws {
        while batches.count < count { try await Task.sleep(for: .milliseconds(1)) }
    }
}

private final class Counter: Sendable {
    private let state = Mutex(0)
    var count: Int { state.withLock { $0 } }
    func add() { state.withLock { $0 += 1 } }
}

@Suite("A batcher", .timeLimit(.minutes(2)))
struct BatcherTests {
    private func batcher(
        _ record: Record, size: Int = 4, gathering: Duration = .milliseconds(3), capacity: Int = 1000
    ) -> Batcher<String, Int, Int> {
        Batcher(
            batchSize: size, gathering: gathering, capacity: capacity, process: { _, items in record.process(items) })
    }

    @Test("lets callers that arrive together share a batch")
    func sharing() async throws {
        let record = Record()
        // So long that it would be noticed if a full batch waited.
        let batcher = batcher(record, size: 4, gathering: .seconds(100))
        defer { batcher.close() }
        let outputs = try await withThrowingTaskGroup(of: [Int].self) { group in
            for item in 1...4 { group.addTask { try await batcher.submit([item], key: "a", batcher.admit(1)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(outputs) == [[2], [4], [6], [8]])
        #expect(record.batches.map(\.count) == [4])
    }

    @Test("gives every caller its own outputs in order, whatever the sizes")
    func order() async throws {
        let record = Record()
        let batcher = batcher(record, size: 5)
        defer { batcher.close() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<40 {
                group.addTask {
                    let items = (0..<(caller % 9)).map { caller * 100 + $0 }
                    let outputs = try await batcher.submit(items, key: "\(caller % 3)", batcher.admit(items.count))
                    #expect(outputs == items.map { $0 * 2 })
                }
            }
            try await group.waitForAll()
        }
        #expect(record.batches.allSatisfy { $0.count <= 5 })
        #expect(record.batches.joined().count == (0..<40).reduce(0) { $0 + $1 % 9 })
    }

    @Test("never mixes items of two keys")
    func keys() async throws {
        let record = Record(isOpen: false)
        let batcher = batcher(record, size: 8)
        defer { batcher.close() }
        async let first = batcher.submit([0], key: "even", batcher.admit(1))
        try await record.wait(for: 1)
        async let others = withThrowingTaskGroup(of: Void.self) { group in
            for item in 1..<20 {
                group.addTask {
                    _ = try await batcher.submit([item], key: item % 2 == 0 ? "even" : "odd", batcher.admit(1))
                }
            }
            try await group.waitForAll()
        }
        while batcher.admitted < 20 { try await Task.sleep(for: .milliseconds(1)) }
        record.open()
        _ = try await (first, others)
        #expect(record.batches.allSatisfy { Set($0.map { $0 % 2 }).count == 1 })
    }

    @Test("says no when more would be accepted than there is room for, and when to come again")
    func bound() throws {
        let batcher = batcher(Record(), capacity: 10)
        defer { batcher.close() }
        do {
            let admission = try batcher.admit(8)
            #expect(throws: Overload.self) { try batcher.admit(3) }
            try batcher.checkRoom()
            let rest = try batcher.admit(2)
            let refusal = #expect(throws: Overload.self) { try batcher.checkRoom() }
            #expect((1...60).contains(refusal?.retryAfter ?? 0))
            withExtendedLifetime((admission, rest)) {}
        }
        #expect(batcher.admitted == 0)
        withExtendedLifetime(try batcher.admit(10)) {}
    }

    @Test("drops what a cancelled caller waits for")
    func cancellation() async throws {
        let record = Record(isOpen: false)
        let batcher = batcher(record, size: 1)
        defer { batcher.close() }
        async let first = batcher.submit([1], key: "a", batcher.admit(1))
        try await record.wait(for: 1)
        let second = Task { try await batcher.submit([2, 3], key: "a", batcher.admit(2)) }
        while batcher.admitted < 3 { try await Task.sleep(for: .milliseconds(1)) }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(batcher.admitted == 1)
        record.open()
        #expect(try await first == [2])
        #expect(try await batcher.submit([4], key: "a", batcher.admit(1)) == [8])
        #expect(record.batches == [[1], [4]])
    }

    @Test("stops a batch between its steps when nobody waits for it any more, and only then")
    func stopped() async throws {
        let (steps, ended) = (Counter(), Counter())
        let batcher = Batcher<String, Int, Int>(
            batchSize: 2, gathering: .seconds(100), capacity: 10,
            process: { key, items in
                defer { ended.add() }
                while key == "endless" || steps.count < 20 {
                    try Interruption.check()
                    steps.add()
                    usleep(500)
                }
                return items
            })
        defer { batcher.close() }
        // One of two leaves: the other has its output.
        let (one, other) = (
            Task { try await batcher.submit([1], key: "a", batcher.admit(1)) },
            Task { try await batcher.submit([2], key: "a", batcher.admit(1)) }
        )
        while steps.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
        one.cancel()
        #expect(try await other.value == [2])
        #expect(ended.count == 1)
        // Both leave what never ends by itself.
        let both = [3, 4].map { item in Task { try await batcher.submit([item], key: "endless", batcher.admit(1)) } }
        while steps.count < 25 { try await Task.sleep(for: .milliseconds(1)) }
        for task in both { task.cancel() }
        while ended.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(batcher.cost(of: "endless") == nil)
    }

    @Test("does not let a small request wait behind a large one")
    func fairness() async throws {
        let record = Record(isOpen: false)
        let batcher = batcher(record, size: 4)
        defer { batcher.close() }
        async let first = batcher.submit([0], key: "a", batcher.admit(1))
        try await record.wait(for: 1)
        async let large = batcher.submit(Array(100..<200), key: "a", batcher.admit(100))
        while batcher.queued < 100 { try await Task.sleep(for: .milliseconds(1)) }
        async let small = batcher.submit([1, 2], key: "a", batcher.admit(2))
        while batcher.queued < 102 { try await Task.sleep(for: .milliseconds(1)) }
        record.open()
        _ = try await (first, large, small)
        let place = record.batches.firstIndex { $0.contains(1) } ?? .max
        #expect(place <= 2, "in batch \(place) of \(record.batches.count)")
    }

    @Test("gives clients the same time, whatever they ask for")
    func clients() async throws {
        // So long that it counts little when the thread has to wait for a processor once.
        let record = Record(isOpen: false, batchTime: 2000)
        let batcher = batcher(record, size: 1, gathering: .zero)
        defer { batcher.close() }
        async let first = batcher.submit([0], key: "a", batcher.admit(1, of: "first"))
        try await record.wait(for: 1)
        // One client asks ten times, another once and later.
        async let many = withThrowingTaskGroup(of: Void.self) { group in
            for request in 1...10 {
                group.addTask {
                    let items = (0..<10).map { 100 * request + $0 }
                    _ = try await batcher.submit(items, key: "a", batcher.admit(10, of: "many"))
                }
            }
            try await group.waitForAll()
        }
        while batcher.queued < 100 { try await Task.sleep(for: .milliseconds(1)) }
        async let one = batcher.submit(Array(1...5), key: "a", batcher.admit(5, of: "one"))
        while batcher.queued < 105 { try await Task.sleep(for: .milliseconds(1)) }
        record.open()
        _ = try await (first, many, one)
        let last = record.batches.lastIndex { $0[0] == 5 } ?? .max
        #expect(last <= 25, "the fifth of one client's five items was batch \(last) of \(record.batches.count)")
    }

    @Test("lets others go first at the steps of a long job, and stops it when its caller has gone")
    func steps() async throws {
        let batcher = batcher(Record())
        defer { batcher.close() }
        let steps = Counter()
        let long = Task {
            try await batcher.perform(batcher.admit(1, of: "long")) {
                while true {
                    steps.add()
                    usleep(1000)
                    try Interruption.check()
                }
            }
        }
        while steps.count < 3 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try await batcher.submit([2], key: "a", batcher.admit(1, of: "short")) == [4])
        #expect(try await batcher.perform(batcher.admit(1, of: "short")) { 7 } == 7)
        let seen = steps.count
        while steps.count == seen { try await Task.sleep(for: .milliseconds(1)) }
        long.cancel()
        await #expect(throws: CancellationError.self) { try await long.value }
        // Nothing of it is left.
        #expect(try await batcher.perform(batcher.admit(1, of: "short")) { 8 } == 8)
        let end = steps.count
        try await Task.sleep(for: .milliseconds(50))
        #expect(steps.count == end && batcher.admitted == 0)
    }

    @Test("admits no more seconds of work than there is time for, but one request in any case")
    func seconds() throws {
        let batcher = batcher(Record())
        defer { batcher.close() }
        let first = try batcher.admit(1)
        try batcher.reserve(100, first, most: 10)
        let second = try batcher.admit(1)
        let refusal = #expect(throws: Overload.self) { try batcher.reserve(1, second, most: 10) }
        #expect(refusal?.retryAfter == 60 && batcher.outstanding == 100)
        withExtendedLifetime((first, second)) {}
    }

    @Test("runs other work in its turn, and gives on what it throws")
    func jobs() async throws {
        let batcher = batcher(Record())
        defer { batcher.close() }
        #expect(try await batcher.perform(batcher.admit(1)) { 7 } == 7)
        await #expect(throws: CocoaError.self) {
            try await batcher.perform(batcher.admit(1)) { throw CocoaError(.fileNoSuchFile) }
        }
    }

    @Test("passes on what processing throws, and continues")
    func faults() async throws {
        let batcher = Batcher<Int, Int, Int>(
            batchSize: 4, gathering: .zero, capacity: 10,
            process: { key, items in
                if key == 1 { throw CocoaError(.fileNoSuchFile) }
                return items
            })
        defer { batcher.close() }
        await #expect(throws: CocoaError.self) { try await batcher.submit([1, 2], key: 1, batcher.admit(2)) }
        #expect(try await batcher.submit([3], key: 2, batcher.admit(1)) == [3])
    }

    @Test("finishes what it accepted when it is closed")
    func closing() async throws {
        let record = Record(isOpen: false)
        let batcher = batcher(record, size: 1)
        async let outputs = batcher.submit([1, 2, 3], key: "a", batcher.admit(3))
        try await record.wait(for: 1)
        batcher.close()
        #expect(throws: Overload.self) { try batcher.admit(1) }
        record.open()
        #expect(try await outputs == [2, 4, 6])
    }

    @Test("gives embeddings that do not depend on who shared the batch, beyond rounding")
    func embeddings() async throws {
        try await TinyModels.withModel { model, _ in
            let batcher = Batcher<Int, Image, Embedding>(
                batchSize: 8, gathering: .milliseconds(3), capacity: 100,
                process: { _, squares in model.embed(preprocessed: squares) })
            defer { batcher.close() }
            let squares = (0..<20).map { model.preprocessing.applied(to: TinyModels.image(UInt64($0))) }
            let alone = squares.map { model.embed(preprocessed: [$0])[0] }
            let shared = try await withThrowingTaskGroup(of: (Int, Embedding).self) { group in
                for (i, square) in squares.enumerated() {
                    group.addTask { (i, try await batcher.submit([square], key: 0, batcher.admit(1))[0]) }
                }
                return try await group.reduce(into: [Int: Embedding]()) { $0[$1.0] = $1.1 }
            }
            for (i, embedding) in alone.enumerated() {
                let largest = zip(embedding.values, shared[i]?.values ?? []).map { abs($0 - $1) }.max() ?? .infinity
                #expect(largest < 1e-5, "image \(i): \(largest)")
            }
        }
    }
}
