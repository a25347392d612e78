import Dispatch
import DreamSimTensors
import Foundation
import Synchronization
import TestSupport
import Testing

/// Loops over threads. Serialized, because the number of threads is one for the whole process.
@Suite("Threads", .serialized)
struct ParallelTests {
    /// Counts how often each index came.
    private final class Counters: Sendable {
        private let counts: Mutex<[Int]>
        init(_ count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }
        func add(_ index: Int) { counts.withLock { $0[index] += 1 } }
        var areAllOne: Bool { counts.withLock { $0.allSatisfy { $0 == 1 } } }
    }

    private final class Total: Sendable {
        let count = Atomic(0)
        func add() { count.wrappingAdd(1, ordering: .relaxed) }
    }

    private static func with<R>(threads: Int, _ body: () throws -> R) rethrows -> R {
        let before = Parallel.threads
        Parallel.threads = threads
        defer { Parallel.threads = before }
        return try body()
    }

    @Test("Every index comes once, on a lane within bounds", arguments: [1, 2, 3, 9])
    func coverage(threads: Int) {
        Self.with(threads: threads) {
            for count in [0, 1, 2, 5, 1000] {
                let counters = Counters(count)
                Parallel.forEach(count, lanes: threads) { index, lane in
                    precondition((0..<threads).contains(lane))
                    counters.add(index)
                }
                #expect(counters.areAllOne)
            }
        }
    }

    @Test("Many short loops after another all finish, with and without pauses that let threads sleep")
    func manyLoops() {
        Self.with(threads: 3) {
            let total = Total()
            for round in 0..<20_000 {
                Parallel.forEach(3) { _ in total.add() }
                if round % 1000 == 0 { usleep(2000) }
            }
            #expect(total.count.load(ordering: .relaxed) == 60_000)
        }
    }

    @Test("Loops from several threads at once, and loops inside loops, all finish")
    func concurrentLoops() {
        Self.with(threads: 3) {
            let counters = Counters(8 * 50 * 40)
            DispatchQueue.concurrentPerform(iterations: 8) { caller in
                for round in 0..<50 {
                    Parallel.forEach(8) { outer in
                        Parallel.forEach(5) { inner in
                            counters.add((caller * 50 + round) * 40 + outer * 5 + inner)
                        }
                    }
                }
            }
            #expect(counters.areAllOne)
        }
    }

    @Test("Loops from Swift tasks all finish")
    func tasks() async {
        let total = Total()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<100 { Parallel.forEach(7) { _ in total.add() } }
                }
            }
        }
        #expect(total.count.load(ordering: .relaxed) == 16 * 700)
    }

    @Test("Threads without work fall asleep")
    func idle() {
        Parallel.forEach(64) { _ in }
        // Other tests use the same threads meanwhile, so one moment of rest has to be caught, not looked for twice.
        var haveRested = false
        for _ in 0..<1000 where !haveRested {
            haveRested = Parallel.isResting
            if !haveRested { usleep(10_000) }
        }
        #expect(haveRested)
    }

    @Test("A layer's results do not depend on the number of threads")
    func results() {
        let layer = Linear(
            weight: LayerTests.tensor([512, 1000], seed: 1), bias: LayerTests.tensor([512], seed: 2))
        let x = LayerTests.tensor([450, 1000], seed: 3)
        let alone = Self.with(threads: 1) { LayerTests.run(layer, x, then: .activation(.gelu)) }
        for threads in 2...4 {
            let together = Self.with(threads: threads) { LayerTests.run(layer, x, then: .activation(.gelu)) }
            #expect(together == alone)
        }
    }
}
