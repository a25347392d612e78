internal import CDreamSimKernels
import Foundation
import Synchronization

/// Threads that wait for loops to share. A forward pass has a hundred short loops an image, and waking a thread for each
/// would cost more than some of them; so a thread that has just worked looks out for the next loop for some
/// microseconds before it sleeps.
///
/// One loop runs at a time. Who comes while another does, be it another thread or the body of a loop, is told to run its
/// loop alone, so that nobody waits for anybody and nothing can lock up.
///
/// The child of a fork has none of its parent's workers: the team is renewed there, and starts its own.
///
/// `@unchecked Sendable`: `condition` is replaced where there is one thread only, in the child of a fork; `job` is set while no worker is inside, and read only by workers that are counted in `state`,
/// for which the owner of the loop waits; only the holder of `isBusy` adds workers.
final class ThreadTeam: @unchecked Sendable {
    static let shared: ThreadTeam = {
        pthread_atfork(nil, nil) { ThreadTeam.shared.renew() }
        return ThreadTeam()
    }()

    private struct Job {
        let count: Int
        let lanes: Int
        let body: @Sendable (Int, Int) -> Void
    }

    /// Bit 63: workers may enter. Bits 16 to 62: which loop it is. Bits 0 to 15: the workers inside.
    private let state = Atomic<UInt64>(0)
    private static let open: UInt64 = 1 << 63
    private static let workersInside: UInt64 = 0xFFFF

    private let isBusy = Atomic(false)
    private let next = Atomic(0)
    private let lanesTaken = Atomic(0)
    private let sleepers = Atomic(0)
    private var condition = NSCondition()
    private var job: UnsafePointer<Job>?
    private let workers = Atomic(0)

    /// How often a thread looks before it sleeps or yields: some 30 microseconds.
    private static let patience = 2000

    /// Runs a loop on up to `lanes` threads, one of which is the caller's.
    /// - Returns: false when the team is occupied; then nothing was done.
    func run(_ count: Int, lanes: Int, _ body: @Sendable (Int, Int) -> Void) -> Bool {
        guard isBusy.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
            return false
        }
        defer { isBusy.store(false, ordering: .releasing) }
        while workers.load(ordering: .relaxed) < lanes - 1 { startWorker() }
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: Job(count: count, lanes: lanes, body: body)) { job in
                self.job = job
                next.store(0, ordering: .relaxed)
                lanesTaken.store(0, ordering: .relaxed)
                let loop = ((state.load(ordering: .relaxed) & ~Self.open) >> 16) &+ 1
                state.store((loop << 16) | Self.open, ordering: .sequentiallyConsistent)
                if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
                    condition.lock()
                    condition.broadcast()
                    condition.unlock()
                }
                work(job)
                var inside = state.bitwiseAnd(~Self.open, ordering: .acquiringAndReleasing).newValue
                var looks = 0
                while inside & Self.workersInside != 0 {
                    looks += 1
                    if looks < Self.patience { dsv_pause() } else { sched_yield() }
                    inside = state.load(ordering: .acquiring)
                }
                self.job = nil
            }
        }
        return true
    }

    /// Forgets workers that are gone.
    private func renew() {
        condition = NSCondition()
        workers.store(0, ordering: .relaxed)
        sleepers.store(0, ordering: .relaxed)
        state.store(0, ordering: .relaxed)
        isBusy.store(false, ordering: .releasing)
    }

    /// Whether every worker sleeps.
    var isResting: Bool { sleepers.load(ordering: .relaxed) == workers.load(ordering: .relaxed) }

    /// Takes a lane and works through what is left of the loop.
    @inline(never)
    private func work(_ job: UnsafePointer<Job>) {
        let lane = lanesTaken.wrappingAdd(1, ordering: .relaxed).oldValue
        guard lane < job.pointee.lanes else { return }
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < job.pointee.count else { return }
            job.pointee.body(index, lane)
        }
    }

    private func startWorker() {
        workers.wrappingAdd(1, ordering: .relaxed)
        OwnThread.start("dreamsim", .userInitiated) { [self] in serve() }
    }

    /// The life of a worker.
    private func serve() {
        var served: UInt64 = 0
        var looks = 0
        while true {
            let seen = state.load(ordering: .acquiring)
            if isNew(seen, served) {
                guard
                    state.compareExchange(
                        expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing
                    ).exchanged
                else { continue }
                served = Self.loop(seen)
                if let job { work(job) }
                state.wrappingSubtract(1, ordering: .releasing)
                looks = 0
            } else if looks < Self.patience {
                looks += 1
                dsv_pause()
            } else {
                condition.lock()
                sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
                while !isNew(state.load(ordering: .sequentiallyConsistent), served) { condition.wait() }
                sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                condition.unlock()
                looks = 0
            }
        }
    }

    private static func loop(_ state: UInt64) -> UInt64 { (state & ~open) >> 16 }

    private func isNew(_ state: UInt64, _ served: UInt64) -> Bool {
        state & Self.open != 0 && Self.loop(state) != served
    }
}
