import DreamSimTensors
import Testing

struct TensorArithmeticTests {
    private let a = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    private let b = Tensor([10, 20, 30, 40] as [Float], shape: [2, 2])

    @Test("Arithmetic goes element by element and keeps the shape")
    func elements() {
        #expect(a + b == Tensor([11, 22, 33, 44] as [Float], shape: [2, 2]))
        #expect((b - a).values == [9, 18, 27, 36])
        #expect((a * b).values == [10, 40, 90, 160])
        #expect((2 * a - 1).values == [1, 3, 5, 7])
        #expect(b.clamped(to: 15...30).values == [15, 20, 30, 30])
    }

    @Test("A subscript reads and writes one element, and leaves copies alone")
    func subscripts() {
        var c = a
        c[1, 0] = 7
        #expect(c.values == [1, 2, 7, 4])
        #expect(a[1, 0] == 3)
    }
}
