import Foundation

/// Items that are made by threads of their own ahead of their use, and taken in their order.
///
/// Files are thus read and decoded while the networks compute. Never more than `capacity` finished items wait, and every
/// thread makes one at a time, so that memory stays the same however many items there are; and threads that are ahead
/// wait, so that they leave the processors to the networks.
///
/// `@unchecked Sendable`: everything mutable is read and written under `condition`.
package final class Lookahead<Item: Sendable>: @unchecked Sendable {
    private let count: Int
    private let capacity: Int
    private let make: @Sendable (Int) -> Item
    private let condition = NSCondition()
    private var started = 0
    private var taken = 0
    private var ready: [Int: Item] = [:]
    private var running = 0
    private var isCancelled = false

    /// Begins to make items.
    /// - Parameters:
    ///   - count: how many items there are.
    ///   - capacity: how many may be made and not yet taken, at least 1.
    ///   - threads: how many make items; with 0 each is made when it is taken.
    ///   - make: makes the item of an index, on any thread.
    package init(_ count: Int, capacity: Int, threads: Int, make: @escaping @Sendable (Int) -> Item) {
        self.count = count
        self.capacity = max(1, capacity)
        self.make = make
        running = min(threads, count)
        OwnThread.start("dreamsim-files", count: running) { [self] in serve() }
    }

    /// The next item; nil after the last.
    package func next() -> Item? {
        condition.lock()
        guard taken < count else {
            condition.unlock()
            return nil
        }
        let index = taken
        taken += 1
        if index == started && running == 0 {
            started += 1
            condition.unlock()
            return make(index)
        }
        condition.broadcast()
        var item = ready.removeValue(forKey: index)
        while item == nil {
            condition.wait()
            item = ready.removeValue(forKey: index)
        }
        condition.unlock()
        return item
    }

    /// Ends the making of items and waits for the threads. Items that were not taken are dropped.
    package func cancel() {
        condition.lock()
        isCancelled = true
        condition.broadcast()
        while running > 0 { condition.wait() }
        ready = [:]
        condition.unlock()
    }

    /// The life of a thread.
    private func serve() {
        condition.lock()
        while !isCancelled && started < count {
            // The item that is asked for next must always be within reach.
            guard started < taken + capacity else {
                condition.wait()
                continue
            }
            let index = started
            started += 1
            condition.unlock()
            let item = make(index)
            condition.lock()
            ready[index] = item
            condition.broadcast()
        }
        running -= 1
        condition.broadcast()
        condition.unlock()
    }
}
