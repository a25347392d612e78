package import Foundation
import GRDB
import Synchronization

/// Times searches over synthetic vectors, beside what the machine can do at most: reading memory, and matrix products.
package enum SearchBenchmark {
    /// Times and rates of one run; times in seconds, all medians of `repeats` measurements taken in turn.
    package struct Result: Sendable, Encodable {
        /// The number of vectors and their width.
        package let vectors: Int, width: Int
        /// How they are kept.
        package let precision: VectorPrecision
        /// The number of threads.
        package let threads: Int
        /// How often each was measured.
        package let repeats: Int
        /// Opening the index.
        package let open: Double
        /// Reading all vectors once from memory.
        package let read: Double
        /// One query, and the same as a multiple of `read`.
        package let oneQuery: Double, oneQueryPerRead: Double
        /// Several queries together.
        package let queries: Int, manyQueries: Double
        /// Products of several queries, and of a large square matrix by OpenBLAS or Accelerate, in GFLOP/s.
        package let searchRate: Double, matrixRate: Double
        /// The memory of the process that is no file's, in MB, before and after searching; 0 where it is not known.
        package let memoryBefore: Double, memoryAfter: Double
    }

    /// Measures.
    /// - Parameters:
    ///   - url: an index made by `make`.
    ///   - queries: how many are answered together.
    /// - Throws: `DreamSimError`.
    package static func run(_ url: URL, queries: Int, count: Int = 10, repeats: Int) throws -> Result {
        let clock = ContinuousClock()
        func seconds(_ body: () throws -> Void) rethrows -> Double { try clock.measure(body) / .seconds(1) }
        var opening: [Double] = []
        for _ in 0..<repeats { opening.append(try seconds { _ = try IndexReader(url) }) }
        let reader = try IndexReader(url)
        let stored = reader.vectors.stored
        var random = SeededGenerator(state: 2)
        let wanted = (0..<queries).map { _ in
            SearchQuery(vector: (0..<stored.width).map { _ in Float(random.unit() - 0.5) })
        }
        var (reading, one, many, products): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        let square = MatrixRate(1536)
        let before = privateMemory()
        // The first round makes the pages known to the process.
        for round in 0...repeats {
            let times = (
                seconds { _ = readOnce(stored) }, try seconds { _ = try reader.search([wanted[0]], count: count) },
                try seconds { _ = try reader.search(wanted, count: count) }, seconds { square.multiply() }
            )
            guard round > 0 else { continue }
            reading.append(times.0)
            one.append(times.1)
            many.append(times.2)
            products.append(times.3)
        }
        let work = 2e-9 * Double(stored.rows) * Double(stored.width) * Double(queries)
        return Result(
            vectors: stored.rows, width: stored.width, precision: reader.settings.precision, threads: Parallel.threads,
            repeats: repeats, open: opening.median, read: reading.median, oneQuery: one.median,
            oneQueryPerRead: zip(one, reading).map { $0 / $1 }.median, queries: queries, manyQueries: many.median,
            searchRate: work / many.median, matrixRate: square.work / products.median, memoryBefore: before,
            memoryAfter: privateMemory())
    }

    /// Reads every byte on all threads.
    private static func readOnce(_ rows: StoredRows) -> UInt64 {
        guard let base = rows.base else { return 0 }
        let bytes = UnsafeSendable(base)
        let total = Atomic<UInt64>(0)
        Parallel.forEachRange(rows.rows * rows.rowBytes / 256, multiple: 4096) { range in
            let lines = (bytes.pointer + range.lowerBound * 256).assumingMemoryBound(to: SIMD8<UInt64>.self)
            var (a, b, c, d) = (SIMD8<UInt64>(), SIMD8<UInt64>(), SIMD8<UInt64>(), SIMD8<UInt64>())
            for i in stride(from: 0, to: range.count * 4, by: 4) {
                a ^= lines[i]
                b ^= lines[i + 1]
                c ^= lines[i + 2]
                d ^= lines[i + 3]
            }
            total.wrappingAdd((a ^ b ^ c ^ d).wrappedSum(), ordering: .relaxed)
        }
        return total.load(ordering: .relaxed)
    }

    /// The process's memory that no file backs, in MB.
    private static func privateMemory() -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return line.flatMap { Double($0.split(separator: " ").dropLast().last ?? "") }.map { $0 / 1000 } ?? 0
    }

    /// The product of two square matrices on all threads.
    private struct MatrixRate {
        let side: Int
        let a: Tensor
        let b: Tensor

        init(_ side: Int) {
            self.side = side
            a = Tensor((0..<(side * side)).map { Float($0 % 17) }, shape: [side, side])
            b = Tensor((0..<(side * side)).map { Float($0 % 13) }, shape: [side, side])
        }

        var work: Double { 2e-9 * Double(side * side * side) }

        func multiply() {
            _ = Tensor.product(a, .none, b, .transposed)
        }
    }

    /// `@unchecked Sendable`: mapped memory that is only read.
    private struct UnsafeSendable: @unchecked Sendable {
        let pointer: UnsafeRawPointer

        init(_ pointer: UnsafeRawPointer) { self.pointer = pointer }
    }
}
