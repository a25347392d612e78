import DreamSimTensors
import TestSupport
import Testing

@Suite("Tensors")
struct TensorTests {
    @Test("A shape counts its elements and refuses overflow")
    func shapes() {
        #expect(Shape([2, 3, 4]).count == 24)
        #expect(Shape([]).count == 1)
        #expect(Shape([5, 0]).count == 0)
        #expect(Shape(checking: [-1]) == nil)
        #expect(Shape(checking: [1 << 40, 1 << 40]) == nil)
        #expect(Shape(checking: [1 << 40, 1 << 40, 0]) == nil)
        #expect(Shape([2, 197, 768]).description == "[2, 197, 768]")
        #expect(Shape([2, 3])[-1] == 3)
    }

    @Test("Writing to a copy leaves the original alone")
    func valueSemantics() {
        let a = Tensor([1, 2, 3, 4], shape: [2, 2])
        var b = a
        b.withUnsafeMutableBufferPointer { $0[0] = 9 }
        #expect(a.values == [1, 2, 3, 4])
        #expect(b.values == [9, 2, 3, 4])
    }

    @Test("Writing to borrowed memory copies it first")
    func borrowedMemory() {
        final class Owner: Sendable {
            let memory: [Float] = [1, 2]
        }
        let owner = Owner()
        owner.memory.withUnsafeBufferPointer { memory in
            var tensor = Tensor(borrowing: memory.baseAddress!, shape: [2], owner: owner)
            tensor.withUnsafeMutableBufferPointer { $0[1] = 7 }
            #expect(tensor.values == [1, 7])
            #expect(Array(memory) == [1, 2])
        }
    }

    @Test("Transposing and stacking move every element to its place")
    func arrangement() {
        let a = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
        #expect(a.transposed() == Tensor([1, 4, 2, 5, 3, 6], shape: [3, 2]))
        #expect(
            Tensor(stacking: [a, Tensor([7, 8, 9], shape: [1, 3])])
                == Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [3, 3]))
    }

    @Test("Ranges over threads cover everything once", arguments: [1, 63, 64, 65, 1000])
    func ranges(count: Int) {
        let hits = Counters(count)
        Parallel.forEachRange(count, multiple: 64) { range in
            for i in range { hits.add(i) }
        }
        #expect(hits.values.allSatisfy { $0 == 1 })
    }
}

/// `@unchecked Sendable`: each index is touched by one thread, which the test checks.
private final class Counters: @unchecked Sendable {
    private let memory: UnsafeMutableBufferPointer<Int>
    init(_ count: Int) {
        memory = .allocate(capacity: count)
        memory.initialize(repeating: 0)
    }
    func add(_ index: Int) { memory[index] += 1 }
    var values: [Int] { Array(memory) }
    deinit { memory.deallocate() }
}
