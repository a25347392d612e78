import CDreamSimKernels
import DreamSimTensors

extension IntegerProductTests {
    /// A matrix rounded in plain Swift, row by row and block by block: integers and what a unit stands for.
    struct Plain {
        var integers: [Int]
        var scales: [Float]

        init(_ x: [Float], rows: Int, columns: Int, block: Int, most: Float) {
            let blocks = (columns + block - 1) / block
            integers = [Int](repeating: 0, count: rows * columns)
            scales = [Float](repeating: 0, count: rows * blocks)
            for r in 0..<rows {
                for b in 0..<blocks {
                    let places = (r * columns + b * block)..<(r * columns + min(columns, (b + 1) * block))
                    let highest = x[places].map(abs).max() ?? 0
                    guard highest >= 1e-30 else { continue }
                    scales[r * blocks + b] = highest / most
                    for i in places {
                        integers[i] = Int((x[i] * (most / highest)).rounded(.toNearestOrEven))
                    }
                }
            }
        }
    }

    static func most(_ precision: Precision, ofWeights: Bool) -> Float {
        precision == .int16 ? 2047 : ofWeights ? 63 : 127
    }

    /// Rounded rows as a kernel makes them.
    final class Rows {
        let rows, columns, block: Int
        let precision: Precision
        let memory: UnsafeMutableRawPointer

        init(_ rows: Int, _ columns: Int, _ block: Int, _ precision: Precision) {
            (self.rows, self.columns, self.block, self.precision) = (rows, columns, block, precision)
            let count = IntegerRows.bytes(rows: rows, columns: columns, block: block, precision: precision)
            memory = .allocate(byteCount: count, alignment: 64)
            memory.initializeMemory(as: UInt8.self, repeating: 0xAA, count: count)
        }

        deinit { memory.deallocate() }

        var blocks: Int { (columns + block - 1) / block }
        var scales: UnsafeMutablePointer<Float> { memory.assumingMemoryBound(to: Float.self) }

        var kernel: dsv_integer_rows {
            dsv_integer_rows(
                values: memory + rows * blocks * 4, scales: scales,
                kind: Int32(precision == .int16 ? DSV_INT16.rawValue : DSV_INT8.rawValue), rows: rows,
                columns: columns, block: block)
        }

        /// The integer of a place; those of int8 may be kept too large.
        func integer(_ row: Int, _ column: Int) -> Int {
            let at = ((column / block) * rows + row) * block + column % block
            let values = memory + rows * blocks * 4
            return precision == .int16
                ? Int(values.assumingMemoryBound(to: Int16.self)[at])
                : Int(
                    Int8(truncatingIfNeeded: Int(values.assumingMemoryBound(to: UInt8.self)[at]) - Int(DSV_INT8_EXCESS))
                )
        }
    }
}
