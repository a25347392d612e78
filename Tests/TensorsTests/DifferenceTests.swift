import CDreamSimKernels
import DreamSimTensors
import TestSupport
import Testing

/// The differences of float values, their sums and gradients, against plain loops in double precision.
@Suite("Differences of values")
struct DifferenceTests {
    static let lengths = [0] + VectorMathTests.widths

    @Test("Sums are those of double precision, and add to what is there", arguments: VectorMathTests.kinds)
    func sums(kind: String) throws {
        let kernels = try VectorMathTests.kernels(kind)
        for count in Self.lengths {
            let a = VectorMathTests.values(count, seed: 1)
            let b = VectorMathTests.values(count, seed: 2)
            var (absolute, squared) = (5.0, 7.0)
            kernels.float_differences(a, b, count, &absolute, &squared)
            let differences = zip(a, b).map { Double($0) - Double($1) }
            let expected = (
                absolute: differences.reduce(5) { $0 + abs($1) }, squared: differences.reduce(7) { $0 + $1 * $1 }
            )
            #expect(abs(absolute - expected.absolute) < 1e-13 * expected.absolute, "\(count)")
            #expect(abs(squared - expected.squared) < 1e-13 * expected.squared, "\(count)")
        }
    }

    @Test("Gradients are rounded once, and nothing beyond is written", arguments: VectorMathTests.kinds, [0, 1])
    func gradients(kind: String, ofSigns: Int32) throws {
        let kernels = try VectorMathTests.kernels(kind)
        for count in Self.lengths {
            var a = VectorMathTests.values(count, seed: 1)
            let b = VectorMathTests.values(count, seed: 2)
            if count > 2 { a[2] = b[2] }
            var da = [Float](repeating: 9, count: count + 1)
            var (db, alone) = (da, da)
            kernels.float_differences_backward(a, b, count, 0.3, ofSigns, &da, &db)
            kernels.float_differences_backward(a, b, count, 0.3, ofSigns, &alone, nil)
            let expected = zip(a, b).map { a, b in
                let difference = Double(a) - Double(b)
                let sign: Double = a > b ? 1 : a < b ? -1 : 0
                return Float(0.3 * (ofSigns == 1 ? sign : difference))
            }
            #expect(da == expected + [9] && alone == da && db == expected.map { -$0 } + [9], "\(count)")
        }
    }

    @Test("NaN and infinity are found wherever they are", arguments: VectorMathTests.kinds)
    func finite(kind: String) throws {
        let kernels = try VectorMathTests.kernels(kind)
        for count in Self.lengths where count < 200 {
            var x = VectorMathTests.values(count, seed: 1)
            if count > 0 { x[0] = -.greatestFiniteMagnitude }
            #expect(kernels.all_finite(x, count) == 1)
            for place in 0..<count {
                for bad: Float in [.nan, -.nan, .infinity, -.infinity] {
                    var broken = x
                    broken[place] = bad
                    #expect(kernels.all_finite(broken, count) == 0, "\(bad) at \(place) of \(count)")
                    var (absolute, squared) = (0.0, 0.0)
                    kernels.float_differences(broken, x, count, &absolute, &squared)
                    #expect(!squared.isFinite)
                    (absolute, squared) = (0, 0)
                    kernels.float_differences(broken, broken, count, &absolute, &squared)
                    #expect(!squared.isFinite)
                }
            }
        }
        #expect(Tensor(zeros: [0]).isFinite && !Tensor([1, .nan], shape: [2]).isFinite)
    }

    /// Images of more than two of the pieces that threads take.
    @Test("Nothing depends on threads or on the batch", arguments: [1, 2, 5])
    func batches(threads: Int) {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let (images, values) = (3, 40_001)
        let a = Tensor(VectorMathTests.values(images * values, seed: 1), shape: [images, values])
        let b = Tensor(VectorMathTests.values(images * values, seed: 2), shape: [images, values])
        let slopes = [0.5, -2, 3e-5]
        Parallel.threads = threads
        let sums = PixelDifferences.sums(a, b)
        let (dA, dB) = PixelDifferences.gradients(a, b, slopes: slopes, ofSigns: false)
        #expect(PixelDifferences.gradient(a, b, slopes: slopes, ofSigns: false) == dA)
        #expect(dB.values == dA.values.map { -$0 })
        Parallel.threads = 1
        for n in 0..<images {
            func image(_ tensor: Tensor) -> Tensor {
                Tensor(tensor.values[(n * values)..<((n + 1) * values)], shape: [1, values])
            }
            let alone = PixelDifferences.sums(image(a), image(b))[0]
            #expect(alone.absolute == sums[n].absolute && alone.squared == sums[n].squared)
            let gradient = PixelDifferences.gradient(image(a), image(b), slopes: [slopes[n]], ofSigns: false)
            #expect(gradient == image(dA))
        }
    }
}
