import DreamSimService
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// What bounds the memory of decoding, and what shares out its threads.
@Suite("Memory and threads of decoding", .timeLimit(.minutes(2)))
struct BudgetTests {
    @Test("Images wait for each other's memory, and one that is too large is refused")
    func waiting() async throws {
        let budget = WaitingBudget(100)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await onThread {
                        try budget.run {
                            try MemoryReservation.take(60)
                            usleep(2000)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(budget.peak == 60)
        #expect(throws: (any Error).self) { try budget.run { try MemoryReservation.take(101) } }
        try budget.run { try MemoryReservation.take(100) }
    }

    @Test("Who has gone waits for no memory")
    func leaving() async throws {
        let budget = WaitingBudget(100)
        try await onThread {
            try budget.run {
                try MemoryReservation.take(100)
                #expect(throws: CancellationError.self) {
                    try Interruption.run({ throw CancellationError() }) {
                        try budget.run { try MemoryReservation.take(1) }
                    }
                }
            }
        }
    }

    @Test("A client's single image does not wait behind another's hundred")
    func turns() async throws {
        let threads = WorkerThreads(1, name: "test")
        defer { threads.close() }
        let gate = DispatchSemaphore(value: 0)
        let begun = DispatchSemaphore(value: 0)
        async let first: Void = threads.run(for: "many") {
            begun.signal()
            gate.wait()
        }
        while begun.wait(timeout: .now()) == .timedOut { try await Task.sleep(for: .milliseconds(1)) }
        let order = Order()
        async let many = withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { try await threads.run(for: "many") { order.add("many") } } }
            try await group.waitForAll()
        }
        while threads.queued < 100 { try await Task.sleep(for: .milliseconds(1)) }
        async let one: Void = threads.run(for: "one") { order.add("one") }
        while threads.queued < 101 { try await Task.sleep(for: .milliseconds(1)) }
        gate.signal()
        _ = try await (first, many, one)
        #expect((order.names.firstIndex(of: "one") ?? .max) <= 2)
    }
}

/// Names in the order in which they came.
private final class Order: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [String] = []
    var names: [String] { lock.withLock { all } }
    func add(_ name: String) { lock.withLock { all.append(name) } }
}
