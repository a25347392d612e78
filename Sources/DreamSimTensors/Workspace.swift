import DreamSimSupport

/// Memory for what is computed on the way, kept from one call to the next so that the steady state allocates nothing.
package enum Workspace {
    /// Calls a closure with an arena of `count` floats, not initialized. Calls on several threads, or one inside
    /// another, each have their own.
    package static func withArena<R>(of count: Int, _ body: (inout Arena) throws -> R) rethrows -> R {
        let block = blocks.withLock { $0.take(count) } ?? Block(count)
        defer { blocks.withLock { $0.put(block) } }
        var arena = Arena(base: block.base, count: count)
        return try body(&arena)
    }

    /// Hands out parts of a buffer, one after another.
    package struct Arena: ~Copyable {
        private let base: UnsafeMutablePointer<Float>
        private let count: Int
        private var used = 0

        fileprivate init(base: UnsafeMutablePointer<Float>, count: Int) {
            self.base = base
            self.count = count
        }

        /// The elements that `take` uses up for a count: parts start at whole cache lines.
        package static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

        /// The next `count` elements.
        package mutating func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { used += Self.rounded(count) }
            precondition(used + count <= self.count, "arena of \(self.count) elements, \(used) in use, \(count) wanted")
            return base + used
        }

        /// The next elements as a matrix.
        package mutating func matrix(rows: Int, columns: Int) -> MatrixView {
            MatrixView(take(rows * columns), rows: rows, columns: columns)
        }
    }

    /// A buffer of the pool: it goes back to the pool with its last reference.
    ///
    /// `@unchecked Sendable`: whoever holds the buffer makes sure that no two threads write to the same elements.
    package final class PooledBuffer: @unchecked Sendable {
        private let block: Block
        /// The elements.
        package let count: Int

        /// Borrows `count` floats, not initialized.
        package init(of count: Int) {
            block = Workspace.blocks.withLock { $0.take(count) } ?? Block(count)
            self.count = count
        }

        deinit { Workspace.blocks.withLock { $0.put(block) } }

        /// The memory, to be handed out part by part; no longer than the buffer lives.
        package var arena: Arena { Arena(base: block.base, count: count) }
    }

    private static let blocks = ForkSafe(Pool())

    /// `@unchecked Sendable`: a block is either in the pool or used by one caller.
    private final class Block: @unchecked Sendable {
        let base: UnsafeMutablePointer<Float>
        let count: Int

        init(_ count: Int) {
            self.count = count
            base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 4096)
                .bindMemory(to: Float.self, capacity: max(count, 1))
        }

        deinit { UnsafeMutableRawPointer(base).deallocate() }
    }

    private struct Pool {
        /// Enough for a few callers at once; more than these is returned to the system.
        static let most = 4
        var free: [Block] = []

        mutating func take(_ count: Int) -> Block? {
            let fitting = free.indices.filter { free[$0].count >= count }
            return fitting.min { free[$0].count < free[$1].count }.map { free.remove(at: $0) }
        }

        mutating func put(_ block: Block) {
            free.append(block)
            if free.count > Self.most, let least = free.indices.min(by: { free[$0].count < free[$1].count }) {
                free.remove(at: least)
            }
        }
    }
}
