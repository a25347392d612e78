import CComparedBLAS
import CDreamSimKernels
import Foundation
import Measuring

/// `kernels [repeats]`: the packed matrix product of every kind against OpenBLAS, at the sizes of a ViT-B/16, in turn; and
/// those of integers of the best kind, whose per cent are of float32's peak too.
@main
enum Kernels {
    static let layers = [(768, 2304), (768, 768), (768, 3072), (3072, 768)]
    static let rows = [197, 394, 788, 1576]

    static func main() {
        let repeats = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 21
        // Kinds that differ in integers alone have the product of float32 of another.
        let kinds: [String] = ["avx512", "avx2", "baseline"].filter { (kind: String) in dsv_kernels_named(kind) != nil }
        let integers = [("int16", DSV_INT16), ("int8", DSV_INT8)]
        let processors = ProcessInfo.processInfo.activeProcessorCount
        for threads in Set([1, processors]).sorted() {
            print(
                "\nGFLOP/s on \(threads) thread(s), medians of \(repeats); per cent of the peak, upper tenths of both")
            let columns = ["peak", "OpenBLAS"] + kinds + integers.map(\.0)
            print("rows  layer     " + columns.map { $0.padded(10) + ($0 == "peak" ? "" : "         %") }.joined())
            for (inputs, outputs) in layers {
                let memory = Memory(rows: rows.max() ?? 0, inputs: inputs, outputs: outputs)
                for rows in rows {
                    var samples = [Samples](repeating: Samples(), count: columns.count)
                    let flop = 2.0 * Double(rows * inputs * outputs)
                    for _ in 0..<repeats {
                        samples[0].add(peak(threads: threads))
                        samples[1].add(flop / seconds { memory.openBLAS(rows, threads: threads) } / 1e9)
                        for (at, kind) in kinds.enumerated() {
                            samples[2 + at].add(
                                flop / seconds { memory.packed(rows, kind: kind, threads: threads) } / 1e9)
                        }
                        for (at, kind) in integers.enumerated() {
                            samples[2 + kinds.count + at].add(
                                flop / seconds { memory.integers(rows, kind.1, threads: threads) } / 1e9)
                        }
                    }
                    let peak = samples[0].quantile(0.9)
                    var numbers: [String] = [samples[0].median.text(width: 10)]
                    for sample in samples.dropFirst() {
                        let share = 100 * sample.quantile(0.9) / peak
                        numbers += [sample.median.text(width: 10), share.text(width: 10)]
                    }
                    print("\(rows)".padded(4) + " " + "\(inputs)->\(outputs)".padded(11) + numbers.joined())
                }
            }
        }
    }
}

/// Operands. `@unchecked Sendable`: every thread writes its own columns of y.
final class Memory: @unchecked Sendable {
    let inputs: Int
    let outputs: Int
    /// The inputs of a block, as the networks keep a hidden layer.
    let block: Int
    let x: UnsafeMutablePointer<Float>
    let w: UnsafeMutablePointer<Float>
    let panels: UnsafeMutablePointer<Float>
    let y: UnsafeMutablePointer<Float>
    /// By their kind: packed weights with their scales, and rows.
    private var rounded:
        [(weights: UnsafeMutableRawPointer, scales: UnsafeMutablePointer<Float>, rows: dsv_integer_rows)] = []

    init(rows: Int, inputs: Int, outputs: Int) {
        self.inputs = inputs
        self.outputs = outputs
        block = min(inputs, 768)
        func filled(_ count: Int) -> UnsafeMutablePointer<Float> {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 4096)
                .bindMemory(to: Float.self, capacity: count)
            for i in 0..<count { memory[i] = Float(i % 1009) / 1009 - 0.5 }
            return memory
        }
        x = filled(rows * inputs)
        w = filled(outputs * inputs)
        panels = filled(outputs * inputs)
        y = filled(rows * outputs)
        dsv_pack(w, inputs, outputs, inputs, panels)
        let block = inputs > 768 ? Int(DSV_INTEGER_BLOCK) : inputs / 2
        for kind in [DSV_INT16, DSV_INT8].map({ Int32($0.rawValue) }) {
            let size = kind == Int32(DSV_INT16.rawValue) ? 2 : 1
            let scales = filled(outputs / 16 * (inputs / block) * 32)
            let weights = UnsafeMutableRawPointer(filled(outputs * inputs))
            dsv_pack_integers(w, inputs, outputs, inputs, kind, block, weights, scales)
            var into = dsv_integer_rows(
                values: UnsafeMutableRawPointer(filled(rows * inputs * size / 4)),
                scales: filled(rows * inputs / block),
                kind: kind, rows: rows, columns: inputs, block: block)
            for b in 0..<(inputs / block) { dsv_round_rows(x + b * block, inputs, rows, &into, 0, b) }
            rounded.append((weights, scales, into))
        }
    }

    deinit {
        for memory in [x, w, panels, y] + rounded.map(\.scales) + rounded.compactMap(\.rows.scales) {
            UnsafeMutableRawPointer(memory).deallocate()
        }
        for memory in rounded.map(\.weights) + rounded.compactMap(\.rows.values) { memory.deallocate() }
    }

    /// The product of integers of the kind in use.
    func integers(_ rows: Int, _ kind: dsv_integers, threads: Int) {
        let (weights, scales, x) = rounded[Int(kind.rawValue)]
        let share = (outputs / threads + 31) / 32 * 32
        let size = kind == DSV_INT16 ? 2 : 1
        let pointers = Pointers(weights: weights, scales: scales, x: x)
        onThreads(threads) { [self] thread in
            let first = thread * share
            withUnsafePointer(to: pointers.x) { x in
                for start in stride(from: first, to: min(outputs, first + share), by: 384) {
                    let count = min(384, min(outputs, first + share) - start)
                    var product = dsv_integer_product()
                    (product.x, product.rows, product.outputs) = (x, rows, count)
                    product.w = UnsafeRawPointer(pointers.weights + start * inputs * size)
                    product.w_scales = UnsafePointer(pointers.scales + start / 16 * (inputs / x.pointee.block) * 32)
                    (product.y, product.y_stride) = (y + start / 768 * 768 * rows + start % 768, 768)
                    dsv_multiply_integers(&product)
                }
            }
        }
    }

    /// `@unchecked Sendable`: memory that is only read.
    private struct Pointers: @unchecked Sendable {
        let weights: UnsafeMutableRawPointer
        let scales: UnsafeMutablePointer<Float>
        let x: dsv_integer_rows
    }

    func openBLAS(_ rows: Int, threads: Int) {
        openblas_set_num_threads(numericCast(threads))
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, numericCast(rows), numericCast(outputs), numericCast(inputs), 1,
            x, numericCast(inputs), w, numericCast(inputs), 0, y, numericCast(outputs))
    }

    func packed(_ rows: Int, kind: String, threads: Int) {
        guard let multiply = dsv_kernels_named(kind)?.pointee.multiply_packed else { return }
        let share = (outputs / threads + 31) / 32 * 32
        onThreads(threads) { [self] thread in
            let first = thread * share
            // Blocks of outputs, as the networks keep queries, keys, values and hidden layers.
            for start in stride(from: first, to: min(outputs, first + share), by: 384) {
                let count = min(384, min(outputs, first + share) - start)
                let target = y + start / 768 * 768 * rows + start % 768
                var product = dsv_product()
                (product.x, product.x_stride) = (UnsafePointer(x), block)
                (product.x_block, product.x_block_stride) = (inputs > block ? block : 0, rows * block)
                (product.w, product.w_panel) = (UnsafePointer(panels + start * inputs), inputs * Int(DSV_PANEL))
                (product.rows, product.inputs, product.outputs) = (rows, inputs, count)
                (product.y, product.y_stride) = (target, 768)
                multiply(&product)
            }
        }
    }
}
