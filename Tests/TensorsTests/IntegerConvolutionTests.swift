import CDreamSimKernels
import DreamSimTensors
import TestSupport
import Testing

/// Convolutions in int16: the kernels against plain Swift, integers exactly, and layers beside those in float32.
@Suite("Convolutions of integers", .serialized)
struct IntegerConvolutionTests {
    typealias Math = VectorMathTests
    typealias Plain = IntegerProductTests.Plain

    /// A convolution over a map that is padded already.
    struct Case: Sendable, CustomTestStringConvertible {
        let window: MapWindow
        let channels, outputs, rows, columns: Int

        var inputs: Int { window.size * window.size * channels }
        var block: Int { Convolution.integerBlock(window, inputChannels: channels) ?? 0 }
        var blocks: Int { window.size * channels / block }
        /// A row of the map.
        var length: Int { columns * channels }
        var results: (rows: Int, columns: Int) { (window.outputs(of: rows), window.outputs(of: columns)) }
        var testDescription: String { "\(window.size)x\(window.size)/\(window.step) of \(rows)x\(columns)x\(channels)" }

        func map(_ seed: UInt64) -> [Float] {
            // Each row has a magnitude of its own.
            Math.values(rows * length, seed: seed).enumerated().map { $1 * Float(1 + $0 / length % 5) }
        }
        var weight: Tensor { Tensor(Math.values(outputs * inputs, seed: 2), shape: [outputs, inputs]) }
        var bias: [Float] { Math.values(outputs, seed: 3, range: -1e6...1e6) }
        var panels: IntegerPanels { IntegerPanels(rounding: weight, to: .int16, block: block) }
    }

    /// Below and above tiles and panels; kernels' rows of one block, of two and of three; steps of one and more.
    static let cases = [
        Case(window: MapWindow(size: 1), channels: 16, outputs: 1, rows: 2, columns: 1),
        Case(window: MapWindow(size: 3), channels: 16, outputs: 33, rows: 9, columns: 17),
        Case(window: MapWindow(size: 3, step: 2), channels: 20, outputs: 17, rows: 8, columns: 21),
        Case(window: MapWindow(size: 5), channels: 64, outputs: 70, rows: 7, columns: 33),
        Case(window: MapWindow(size: 3), channels: 192, outputs: 48, rows: 5, columns: 31),
        Case(window: MapWindow(size: 3), channels: 512, outputs: 31, rows: 4, columns: 10),
        Case(window: MapWindow(size: 1, step: 2), channels: 384, outputs: 16, rows: 5, columns: 60),
    ]

    /// The rounded map and the product of a kind over it, without the first row of the result; a place lies between the
    /// rows of y.
    static func product(
        _ kind: String, _ c: Case, _ x: IntegerProductTests.Rows, _ panels: IntegerPanels
    ) throws -> [Float] {
        let multiply = try #require(try Math.kernels(kind).multiply_integers)
        let (rows, columns) = (c.results.rows - 1, c.results.columns)
        let stride = (columns + 1) * c.outputs
        var y = [Float](repeating: .nan, count: rows * stride)
        let window = dsv_integer_window(
            places: columns, place_stride: c.window.step * c.channels, row_step: c.window.step, rows: c.window.size,
            block: c.block, blocks: c.blocks, y_row_stride: stride)
        withUnsafePointer(to: x.kernel) { x in
            withUnsafePointer(to: window) { window in
                panels.integers.withUnsafeBytes { integers in
                    panels.scales.withUnsafeBufferPointer { scales in
                        c.bias.withUnsafeBufferPointer { bias in
                            y.withUnsafeMutableBufferPointer { y in
                                var product = dsv_integer_product()
                                (product.x, product.window) = (x, window)
                                (product.first_row, product.rows) = (c.window.step, rows * columns)
                                (product.w, product.w_scales) = (integers.baseAddress, scales.baseAddress)
                                (product.outputs, product.bias) = (c.outputs, bias.baseAddress)
                                (product.y, product.y_stride) = (y.baseAddress, c.outputs)
                                product.activation = Int32(DSV_RELU.rawValue)
                                multiply(&product)
                            }
                        }
                    }
                }
            }
        }
        for row in 0..<rows {
            let gap = y[(row * stride + columns * c.outputs)..<((row + 1) * stride)]
            #expect(gap.allSatisfy { $0.isNaN }, "what lies between the rows stays as it is")
        }
        return (0..<rows).flatMap { y[($0 * stride)..<($0 * stride + columns * c.outputs)] }
    }

    static func rounded(_ kind: String, _ c: Case) throws -> IntegerProductTests.Rows {
        try IntegerProductTests.rounded(kind, c.map(1), rows: c.rows, columns: c.length, block: c.length, .int16)
    }

    @Test("Sums equal those of whole numbers, with the scales of their rows and blocks", arguments: Math.kinds, cases)
    func sums(kind: String, c: Case) throws {
        let x = try Self.rounded(kind, c)
        let px = Plain(c.map(1), rows: c.rows, columns: c.length, block: c.length, most: 2047)
        let pw = Plain(c.weight.values, rows: c.outputs, columns: c.inputs, block: c.block, most: 2047)
        // Powers of two, so that no order of multiplications rounds.
        let (ofRow, ofBlock) = ({ (row: Int) in Float(1 << (row % 3)) }, { (block: Int) in Float(1 << (block % 4)) })
        for row in 0..<c.rows { x.scales[row] = ofRow(row) }
        var scales = c.panels.scales
        let count = c.inputs / c.block
        scales.withUnsafeMutableBufferPointer { values in
            for i in values.indices where i / PackedMatrix.panel % 2 == 0 {
                values[i] = ofBlock(i / (2 * PackedMatrix.panel) % count)
            }
        }
        let y = try Self.product(kind, c, x, IntegerPanels(integers: c.panels.integers, scales: scales))
        var expected: [Float] = []
        for row in 1..<c.results.rows {
            for column in 0..<c.results.columns {
                for o in 0..<c.outputs {
                    var total: Float = 0
                    for b in 0..<count {
                        let (kernelRow, part) = b.quotientAndRemainder(dividingBy: c.blocks)
                        let source = row * c.window.step + kernelRow
                        let first = source * c.length + column * c.window.step * c.channels + part * c.block
                        let sum = (0..<c.block).reduce(0) {
                            $0 + px.integers[first + $1] * pw.integers[o * c.inputs + b * c.block + $1]
                        }
                        total += Float(sum) * ofBlock(b) * ofRow(source)
                    }
                    expected.append(max(total + c.bias[o], 0))
                }
            }
        }
        #expect(y == expected)
        #expect(c.outputs == 1 || expected.contains { $0 > 0 } && expected.contains(0))
    }

    @Test("All kinds that fuse multiplication and addition give the same bits", arguments: cases)
    func sameBits(c: Case) throws {
        let results = try IntegerProductTests.fusing.map { try Self.product($0, c, Self.rounded($0, c), c.panels) }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test("Blocks cut the rows of a kernel evenly, and few channels stay in single precision")
    func blocks() {
        func block(_ size: Int, _ channels: Int) -> Int? {
            Convolution.integerBlock(MapWindow(size: size), inputChannels: channels)
        }
        #expect(block(3, 3) == nil && block(11, 3) == nil && block(1, 8) == nil)
        #expect(block(3, 16) == 48 && block(3, 64) == 192 && block(3, 128) == 384 && block(3, 256) == 384)
        #expect(block(3, 512) == 512 && block(5, 64) == 320 && block(3, 192) == 288 && block(1, 512) == 512)
        // 513 inputs have no even parts of whole steps.
        #expect(block(1, 513) == nil && block(3, 18) == nil)
    }

    /// A layer in a precision, of random weights about zero.
    static func layer(_ c: Case, _ precision: Precision) -> Convolution {
        let range = Float(6 / Double(c.inputs)).squareRoot()
        let weight = Tensor(
            Math.values(c.outputs * c.inputs, seed: 4, range: -range...range), shape: [c.outputs, c.inputs])
        return Convolution(
            weight: precision == .float32
                ? PackedMatrix(packing: weight)
                : PackedMatrix(
                    integers: IntegerPanels(rounding: weight, to: .int16, block: c.block), outputs: c.outputs,
                    inputs: c.inputs),
            bias: Tensor(Math.values(c.outputs, seed: 5, range: -0.1...0.1), shape: [c.outputs]),
            inputChannels: c.channels, window: c.window)
    }

    /// A layer's result over some maps, computed `together` rows at a time.
    static func run(_ layer: Convolution, _ c: Case, _ maps: [[Float]], together: Int) -> [[Float]] {
        let (rows, columns) = c.results
        let sources = MapBatch(count: maps.count, .init(height: c.rows, width: c.columns, channels: c.channels))
        let targets = MapBatch(count: maps.count, .init(height: rows, width: columns, channels: c.outputs))
        for (map, source) in zip(maps, sources.maps) {
            map.withUnsafeBufferPointer { source.base.update(from: $0.baseAddress!, count: map.count) }
        }
        for first in stride(from: 0, to: rows, by: together) {
            let range = first..<min(rows, first + together)
            let inputs = c.window.inputs(of: range, length: c.rows)
            layer.forward(sources.maps.map { $0.rows(inputs) }, into: targets.maps.map { $0.rows(range) })
        }
        return targets.maps.map {
            Array(UnsafeBufferPointer(start: $0.base, count: rows * columns * c.outputs))
        }
    }

    @Test("Layers stay near those in float32, with the same bits for all batches, threads and cuts", arguments: cases)
    func layers(c: Case) {
        let maps = (0..<3).map { c.map(10 + UInt64($0)) }
        let layer = Self.layer(c, .int16)
        let together = Self.run(layer, c, maps, together: c.rows)
        let exact = Self.run(Self.layer(c, .float32), c, maps, together: c.rows)
        for (found, expected) in zip(together, exact) where expected.contains(where: { $0 > 0 }) {
            // Measured .0008 at most.
            let difference = Difference(found, expected)
            #expect(difference.relativeL2 < 2e-3 && difference.relativeL2 > 0, "\(difference)")
        }
        #expect(maps.map { Self.run(layer, c, [$0], together: c.rows)[0] } == together, "one at a time")
        for rows in [1, 2] { #expect(Self.run(layer, c, maps, together: rows) == together, "\(rows) rows") }
        let threads = Parallel.threads
        defer { Parallel.threads = threads }
        for number in [1, 2, 3, 5] {
            Parallel.threads = number
            #expect(Self.run(layer, c, maps, together: c.rows) == together, "\(number) threads")
        }
    }
}
