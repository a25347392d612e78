import DreamSimSupport
import DreamSimTensors
import TestSupport
import Testing

@Suite("Scores of stored rows")
struct RowScanTests {
    /// Scores of every row and vector, in double precision from the numbers as they are stored.
    static func plain(_ rows: [Float], _ vectors: [Float], _ width: Int) -> [Float] {
        (0..<(rows.count / width)).flatMap { row in
            (0..<(vectors.count / width)).map { vector in
                Float(
                    (0..<width).reduce(0.0) {
                        $0 + Double(rows[row * width + $1]) * Double(vectors[vector * width + $1])
                    })
            }
        }
    }

    @Test(
        "Every row meets every vector, in every precision and on any number of threads",
        arguments: [
            (1, 1, 1), (7, 1, 48), (200, 2, 384), (33, 3, 77), (193, 4, 1792), (50, 8, 100), (401, 9, 770),
            (250, 33, 1792), (5, 100, 20),
        ],
        [StoredPrecision.float32, .float16])
    func scores(shape: (rows: Int, vectors: Int, width: Int), precision: StoredPrecision) {
        var generator = SeededGenerator(state: UInt64(shape.rows * shape.vectors))
        func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &generator) } }
        let (rows, vectors) = (
            Tensor(numbers(shape.rows * shape.width), shape: [shape.rows, shape.width]),
            Tensor(numbers(shape.vectors * shape.width), shape: [shape.vectors, shape.width])
        )
        let range = (shape.rows / 3)..<shape.rows
        if precision == .float32 {
            rows.withUnsafeBufferPointer { check($0.baseAddress!, $0.map { $0 }, vectors, shape, precision, range) }
        } else {
            rows.values.map { HalfRounding.half($0) }.withUnsafeBufferPointer { bits in
                check(bits.baseAddress!, bits.map { HalfRounding.widen($0) }, vectors, shape, precision, range)
            }
        }
    }

    private func check(
        _ base: UnsafeRawPointer, _ values: [Float], _ vectors: Tensor, _ shape: (rows: Int, vectors: Int, width: Int),
        _ precision: StoredPrecision, _ range: Range<Int>
    ) {
        let stored = StoredRows(base: base, rows: shape.rows, width: shape.width, precision: precision)
        let collected = Collected(shape.rows * shape.vectors)
        RowScan(vectors).forEachBlock(of: stored, in: range) { block in
            for i in 0..<(block.rows.count * shape.vectors) {
                collected.values[block.rows.lowerBound * shape.vectors + i] = block.scores[i]
            }
        }
        var expected = Self.plain(values, vectors.values, shape.width)
        for i in 0..<(range.lowerBound * shape.vectors) { expected[i] = 0 }
        let difference = Difference(Array(collected.values), expected)
        #expect(difference.maxScaled < 3e-6, "\(difference)")
    }

    /// `@unchecked Sendable`: blocks do not overlap.
    private final class Collected: @unchecked Sendable {
        let values: UnsafeMutableBufferPointer<Float>

        init(_ count: Int) {
            values = .allocate(capacity: count)
            values.initialize(repeating: 0)
        }

        deinit { values.deallocate() }
    }

    @Test("Every half is widened to its number, and back to itself")
    func halves() {
        for bits in UInt16.min...UInt16.max {
            let value = HalfRounding.widen(bits)
            if bits & 0x7FFF > 0x7C00 { #expect(value.isNaN) } else { #expect(HalfRounding.half(value) == bits) }
        }
        #expect(HalfRounding.widen(0x3C00) == 1 && HalfRounding.widen(0x0001) == 0x1p-24)
        #expect(HalfRounding.widen(0xFBFF) == -65504 && HalfRounding.widen(0x7C00) == .infinity)
    }
}
