import CDreamSimKernels
import DreamSimTensors
import TestSupport
import Testing

@Suite("Stored rows")
struct StoredRowTests {
    /// Below, at and around the widths of registers, four of them, and those of real embeddings.
    static let widths = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 383, 384, 768, 1791, 1792]

    /// Numbers as a file keeps them, and what they are.
    private static func stored(_ numbers: [Float], _ precision: StoredPrecision) -> (bytes: [UInt8], values: [Double]) {
        switch precision {
        case .float32:
            (numbers.flatMap { withUnsafeBytes(of: $0) { Array($0) } }, numbers.map { Double($0) })
        case .float16:
            (
                numbers.flatMap { withUnsafeBytes(of: HalfRounding.half($0)) { Array($0) } },
                numbers.map { Double(HalfRounding.widen(HalfRounding.half($0))) }
            )
        }
    }

    @Test(
        "Products of two stored rows are within the bound of float32 sums, wherever the rows lie",
        arguments: VectorMathTests.kinds, [StoredPrecision.float32, .float16])
    func dot(kind: String, precision: StoredPrecision) throws {
        let dot = try VectorMathTests.kernels(kind).stored_dot
        let code = precision == .float32 ? DSV_FLOAT32 : DSV_FLOAT16
        for width in Self.widths {
            let (a, b) = (VectorMathTests.values(width, seed: 21), VectorMathTests.values(width, seed: UInt64(width)))
            // Numbers stand on both sides that would spoil every sum, and push the rows off the registers' alignment.
            for lead in [1, 2, 5] {
                let (first, second) = (
                    Self.stored(Array(repeating: .nan, count: lead) + a + [.nan, .infinity], precision),
                    Self.stored([.infinity] + b + [.nan, .nan], precision)
                )
                let size = first.bytes.count / first.values.count
                let found = first.bytes.withUnsafeBytes { first in
                    second.bytes.withUnsafeBytes { second in
                        dot!(first.baseAddress! + lead * size, second.baseAddress! + size, Int32(code.rawValue), width)
                    }
                }
                let terms = (0..<width).map { first.values[lead + $0] * second.values[1 + $0] }
                // Each of the products and each of the sums is off by half a unit in the last place at most.
                let bound = Double(width) * 0x1p-24 * terms.reduce(0) { $0 + abs($1) }
                let error = abs(Double(found) - terms.reduce(0, +))
                #expect(error <= bound, "width \(width), \(lead) before: off by \(error), more than \(bound)")
            }
        }
    }

    @Test(
        "Rows are gathered in the order they are asked for, and means taken of groups, on any number of threads",
        arguments: [StoredPrecision.float32, .float16], [1, 5, 48, 255, 256, 257, 1792])
    func gathering(precision: StoredPrecision, width: Int) {
        let rows = 70
        let (bytes, values) = Self.stored(VectorMathTests.values(rows * width, seed: 9), precision)
        bytes.withUnsafeBytes { bytes in
            let stored = StoredRows(base: bytes.baseAddress, rows: rows, width: width, precision: precision)
            let order: [Int32] = [69, 0, 3, 3] + (10..<60).reversed()
            let expected = order.flatMap { row in (0..<width).map { Float(values[Int(row) * width + $0]) } }
            let groups: [[Int32]] = [order, [], [5], Array(0..<70)]
            let means = groups.map { group in
                (0..<width).map { column in
                    group.reduce(0.0) { $0 + values[Int($1) * width + column] } / Double(max(1, group.count))
                }
            }
            let before = Parallel.threads
            defer { Parallel.threads = before }
            for threads in [1, 2, 5] {
                Parallel.threads = threads
                #expect(stored.gathered(order).values == expected)
                #expect(stored.means(of: groups) == means)
            }
            #expect(stored.gathered([]).shape == [0, width] && stored.means(of: []).isEmpty)
        }
    }
}
