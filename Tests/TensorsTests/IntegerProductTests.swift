import CDreamSimKernels
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// The product of integers of every kind against plain Swift, integers exactly.
@Suite("Products of integers")
struct IntegerProductTests {
    typealias Math = VectorMathTests
    static let precisions = [Precision.int16, .int8]
    /// Rows, inputs, the inputs of a block, and outputs: below and above tiles, panels and blocks.
    static let shapes = [
        (1, 4, 4, 1), (2, 7, 8, 16), (3, 64, 32, 17), (6, 48, 48, 70), (7, 384, 384, 33), (13, 130, 64, 48),
        (14, 768, 384, 32), (15, 512, 512, 31), (29, 1539, 512, 19),
    ]

    static func rounded(
        _ kind: String, _ x: [Float], rows: Int, columns: Int, block: Int, _ precision: Precision
    ) throws -> Rows {
        let (result, round) = (Rows(rows, columns, block, precision), try Math.kernels(kind).round_rows)
        var kernel = result.kernel
        x.withUnsafeBufferPointer { x in
            for b in 0..<result.blocks { round?(x.baseAddress! + b * block, columns, rows, &kernel, 0, b) }
        }
        return result
    }

    static func product(
        _ kind: String, _ x: Rows, _ panels: IntegerPanels, outputs: Int
    ) throws -> [Float] {
        let multiply = try #require(try Math.kernels(kind).multiply_integers)
        var y = [Float](repeating: .nan, count: x.rows * outputs)
        withUnsafePointer(to: x.kernel) { rows in
            panels.integers.withUnsafeBytes { integers in
                panels.scales.withUnsafeBufferPointer { scales in
                    y.withUnsafeMutableBufferPointer { y in
                        var product = dsv_integer_product()
                        (product.x, product.rows, product.outputs) = (rows, x.rows, outputs)
                        (product.w, product.w_scales) = (integers.baseAddress, scales.baseAddress)
                        (product.y, product.y_stride) = (y.baseAddress, outputs)
                        multiply(&product)
                    }
                }
            }
        }
        return y
    }

    @Test("Rows are rounded to the very integers of plain Swift", arguments: Math.kinds, precisions)
    func rounding(kind: String, precision: Precision) throws {
        for (rows, columns, block, _) in Self.shapes {
            var x = Math.values(rows * columns, seed: UInt64(columns))
            // A row of zeros, one of what float32 can hardly express, and a tie.
            for i in 0..<min(block, columns) { x[i] = 0 }
            if rows > 1 { for i in 0..<min(block, columns) { x[columns + i] = 1e-38 } }
            if rows > 2 && columns > 2 {
                let most = Self.most(precision, ofWeights: false)
                (x[2 * columns], x[2 * columns + 1], x[2 * columns + 2]) = (most, 2.5, -3.5)
            }
            let plain = Plain(
                x, rows: rows, columns: columns, block: block, most: Self.most(precision, ofWeights: false))
            let found = try Self.rounded(kind, x, rows: rows, columns: columns, block: block, precision)
            for r in 0..<rows {
                for b in 0..<found.blocks {
                    #expect(found.scales[b * rows + r] == plain.scales[r * found.blocks + b])
                }
                // What fills up a block is zero.
                for c in 0..<(found.blocks * block) {
                    #expect(found.integer(r, c) == (c < columns ? plain.integers[r * columns + c] : 0))
                }
            }
        }
    }

    @Test("What is not finite is not hidden", arguments: Math.kinds, precisions)
    func notFinite(kind: String, precision: Precision) throws {
        for value in [Float.nan, .infinity, -.infinity] {
            var x = [Float](repeating: 1, count: 40)
            x[13] = value
            let rows = try Self.rounded(kind, x, rows: 1, columns: 40, block: 40, precision)
            let panels = IntegerPanels(rounding: Tensor(x.map { _ in 1 }, shape: [1, 40]), to: precision, block: 40)
            let y = try Self.product(kind, rows, panels, outputs: 1)
            #expect(y.allSatisfy { !$0.isFinite }, "\(value): \(y)")
            let weight = IntegerPanels(rounding: Tensor(x, shape: [1, 40]), to: precision, block: 40)
            let ones = try Self.rounded(kind, x.map { _ in 1 }, rows: 1, columns: 40, block: 40, precision)
            let z = try Self.product(kind, ones, weight, outputs: 1)
            #expect(z.allSatisfy { !$0.isFinite }, "\(value) as a weight: \(z)")
        }
    }

    @Test("Sums equal those of whole numbers, exactly where float32 holds them", arguments: Math.kinds, precisions)
    func sums(kind: String, precision: Precision) throws {
        for (rows, inputs, block, outputs) in Self.shapes {
            let (x, w) = (Math.values(rows * inputs, seed: 1), Math.values(outputs * inputs, seed: 2))
            let found = try Self.rounded(kind, x, rows: rows, columns: inputs, block: block, precision)
            let panels = IntegerPanels(rounding: Tensor(w, shape: [outputs, inputs]), to: precision, block: block)
            let px = Plain(x, rows: rows, columns: inputs, block: block, most: Self.most(precision, ofWeights: false))
            let pw = Plain(w, rows: outputs, columns: inputs, block: block, most: Self.most(precision, ofWeights: true))
            // Scales of one, so that the results are the sums.
            for i in 0..<(rows * found.blocks) { found.scales[i] = 1 }
            let unit = IntegerPanels(integers: panels.integers, scales: Self.withScalesOfOne(panels.scales))
            let y = try Self.product(kind, found, unit, outputs: outputs)
            for r in 0..<rows {
                for o in 0..<outputs {
                    var expected: Float = 0
                    for b in 0..<found.blocks {
                        let sum = ((b * block)..<min(inputs, (b + 1) * block)).reduce(0) {
                            $0 + px.integers[r * inputs + $1] * pw.integers[o * inputs + $1]
                        }
                        expected += Float(sum)
                    }
                    #expect(y[r * outputs + o] == expected, "\(rows)x\(inputs) to \(outputs): row \(r), output \(o)")
                }
            }
        }
    }

    /// The same scales with 1 for every unit.
    private static func withScalesOfOne(_ scales: Tensor) -> Tensor {
        var scales = scales
        let panel = PackedMatrix.panel
        scales.withUnsafeMutableBufferPointer { values in
            for i in values.indices where i / panel % 2 == 0 { values[i] = 1 }
        }
        return scales
    }

    @Test("At the extremes nothing overflows and nothing saturates", arguments: Math.kinds, precisions)
    func extremes(kind: String, precision: Precision) throws {
        let (inputs, outputs, rows) = (512, 33, 15)
        for (a, b) in [(Float(1), Float(1)), (1, -1), (-1, 1), (-1, -1)] {
            let x = [Float](repeating: a, count: rows * inputs)
            let w = Tensor([Float](repeating: b, count: outputs * inputs), shape: [outputs, inputs])
            let found = try Self.rounded(kind, x, rows: rows, columns: inputs, block: inputs, precision)
            for r in 0..<rows { found.scales[r] = 1 }
            let panels = IntegerPanels(rounding: w, to: precision, block: inputs)
            let unit = IntegerPanels(integers: panels.integers, scales: Self.withScalesOfOne(panels.scales))
            let product = Int(Self.most(precision, ofWeights: false)) * Int(Self.most(precision, ofWeights: true))
            let expected = Float(inputs * product * Int(a * b))
            let y = try Self.product(kind, found, unit, outputs: outputs)
            #expect(y.allSatisfy { $0 == expected }, "\(a) times \(b): \(y[0]), not \(expected)")
        }
    }

    /// Those that multiply and add in one rounding; all but x86-64 without AVX2.
    static let fusing = Math.kinds.filter { $0 != "baseline" }

    @Test("All kinds that fuse multiplication and addition give the same bits", arguments: fusing)
    func sameBits(kind: String) throws {
        let (kernels, others) = (try Math.kernels(kind), try Math.kernels(Self.fusing[0]))
        for width in [3, 31, 48, 197, 384, 768] {
            let (a, b) = (Math.values(5 * width, seed: 1), Math.values(5 * width, seed: 2))
            var results: [[Float]] = []
            for kernels in [kernels, others] {
                var y = a
                kernels.layer_norm(a, 5, width, b, Array(b.dropFirst(width)), 1e-6, &y)
                var softmax = a
                kernels.softmax(&softmax, 5, width, width, 0.125)
                var transposed = [Float](repeating: 0, count: width)
                let panels = PackedProductTests.packed(b, outputs: 5, inputs: width)
                kernels.packed_transposed_product(panels, width, 1, 3, a, &transposed)
                var weighted = [Float](repeating: 0, count: width)
                kernels.weighted_rows(a, width, b, 5, width, &weighted)
                var activated = a
                kernels.activate(Int32(DSV_GELU.rawValue), a, a.count, &activated)
                results.append(y + softmax + transposed + weighted + activated + [kernels.dot(a, b, 5 * width)])
            }
            #expect(results[0] == results[1], "width \(width)")
        }
        for precision in Self.precisions {
            for (rows, inputs, block, outputs) in Self.shapes {
                let (x, w) = (Math.values(rows * inputs, seed: 1), Math.values(outputs * inputs, seed: 2))
                let panels = IntegerPanels(rounding: Tensor(w, shape: [outputs, inputs]), to: precision, block: block)
                let products = try [kind, Self.fusing[0]].map { kind in
                    try Self.product(
                        kind, Self.rounded(kind, x, rows: rows, columns: inputs, block: block, precision), panels,
                        outputs: outputs)
                }
                #expect(products[0] == products[1], "\(precision), \(rows)x\(inputs) to \(outputs)")
            }
        }
    }

    @Test("Layers stay near those in float32, and go back with the values they have", arguments: precisions)
    func layers(precision: Precision) {
        // Normal numbers have larger errors than even ones; measured .0007 and .016 here.
        let bound = precision == .int16 ? 1e-3 : 2.5e-2
        for (rows, inputs, block, outputs) in Self.shapes where inputs > 40 {
            let x = Math.values(rows * inputs, seed: 1, range: -1...1)
            let weight = Tensor(Math.values(outputs * inputs, seed: 2, range: -1...1), shape: [outputs, inputs])
            let bias = Tensor(Math.values(outputs, seed: 3), shape: [outputs])
            let panels = IntegerPanels(rounding: weight, to: precision, block: block)
            let matrix = PackedMatrix(integers: panels, outputs: outputs, inputs: inputs)
            let results = [matrix, PackedMatrix(packing: weight)].map {
                Self.run(Linear(weight: $0, bias: bias), x, rows: rows)
            }
            let difference = Difference(results[0], results[1])
            #expect(difference.relativeL2 < bound && difference.relativeL2 > 0, "\(difference)")

            let plain = Plain(
                weight.values, rows: outputs, columns: inputs, block: block,
                most: Self.most(precision, ofWeights: true))
            let blocks = (inputs + block - 1) / block
            let expected = plain.integers.enumerated().map { at, integer in
                Float(integer) * plain.scales[at / inputs * blocks + at % inputs / block]
            }
            #expect(matrix.unpacked().values == expected)
        }
    }

    @Test("What layers round on the way is what they would round afterwards", arguments: precisions)
    func fused(precision: Precision) {
        for (rows, inputs, hidden) in [(1, 32, 48), (99, 64, 640), (230, 96, 1040)] {
            var x = Math.values(rows * inputs, seed: 1)
            let first = Self.layer(hidden, inputs, precision, seed: 2)
            let block = IntegerRows.block(for: hidden)
            func rounded(_ body: (IntegerRows) -> Void) -> [UInt8] {
                let count = IntegerRows.bytes(rows: rows, columns: hidden, block: block, precision: precision)
                let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
                defer { memory.deallocate() }
                body(IntegerRows(memory, rows: rows, columns: hidden, block: block, precision: precision))
                return Array(UnsafeRawBufferPointer(start: memory, count: count))
            }
            let apart = rounded { into in
                var y = Self.run(first, x, rows: rows, then: .activation(.gelu))
                y.withUnsafeMutableBufferPointer {
                    into.round(BlockedMatrix(MatrixView($0.baseAddress!, rows: rows, columns: hidden)))
                }
            }
            let together = rounded { into in
                let taken = Rows(rows, inputs, IntegerRows.block(for: inputs), precision)
                let entering = IntegerRows(
                    taken.memory, rows: rows, columns: inputs, block: taken.block, precision: precision)
                x.withUnsafeMutableBufferPointer {
                    entering.round(BlockedMatrix(MatrixView($0.baseAddress!, rows: rows, columns: inputs)))
                }
                let lanes = Parallel.threads
                var scratch = [Float](repeating: .nan, count: lanes * Linear.roundingScratch)
                scratch.withUnsafeMutableBufferPointer {
                    first.forward(
                        entering, rounding: into, then: .activation(.gelu),
                        scratch: MatrixView($0.baseAddress!, rows: lanes, columns: Linear.roundingScratch))
                }
            }
            #expect(apart == together, "\(rows)x\(inputs) to \(hidden)")
        }
    }

    private static func layer(_ outputs: Int, _ inputs: Int, _ precision: Precision, seed: UInt64) -> Linear {
        let weight = Tensor(Math.values(outputs * inputs, seed: seed, range: -1...1), shape: [outputs, inputs])
        let panels = IntegerPanels(rounding: weight, to: precision, block: IntegerRows.block(for: inputs))
        return Linear(
            weight: PackedMatrix(integers: panels, outputs: outputs, inputs: inputs),
            bias: Tensor(Math.values(outputs, seed: seed + 1), shape: [outputs]))
    }

    static func run(
        _ layer: Linear, _ x: [Float], rows: Int, then completion: Linear.Completion = .bias
    ) -> [Float] {
        var (x, y) = (x, [Float](repeating: .nan, count: rows * layer.outputs))
        x.withUnsafeMutableBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
                layer.forward(
                    MatrixView(x.baseAddress!, rows: rows, columns: layer.inputs),
                    into: MatrixView(y.baseAddress!, rows: rows, columns: layer.outputs), then: completion)
            }
        }
        return y
    }
}
