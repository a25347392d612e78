import DreamSimTensors

/// How the elements of a tensor lie in the bytes of its source.
struct TensorLayout: Sendable {
    let elementType: ElementType
    let shape: Shape
    /// The distance in elements between neighbors of each dimension; nil for row-major without gaps.
    let strides: [Int]?
    /// The byte at which the first element lies.
    let byteOffset: Int
    let isBigEndian: Bool

    /// A tensor, row-major unless strides are given. Strides that turn out to be row-major are dropped.
    init(
        _ elementType: ElementType, _ shape: Shape, strides: [Int]? = nil, byteOffset: Int = 0,
        isBigEndian: Bool = false
    ) {
        self.elementType = elementType
        self.shape = shape
        self.byteOffset = byteOffset
        self.isBigEndian = isBigEndian && elementType.byteCount > 1
        // The stride of a dimension of one element is never walked and may be any number; zero cannot overflow.
        let walked = strides.map { zip(shape.dimensions, $0).map { size, stride in size == 1 ? 0 : stride } }
        self.strides = walked.flatMap { TensorLayout.isRowMajor(shape, $0) ? nil : $0 }
    }

    /// The same layout in the other byte order.
    func bigEndian(_ flag: Bool) -> TensorLayout {
        TensorLayout(elementType, shape, strides: strides, byteOffset: byteOffset, isBigEndian: flag)
    }

    /// The number of elements from the first to the last one that the view touches; nil on overflow.
    static func extent(of shape: Shape, strides: [Int]) -> Int? {
        guard shape.count > 0 else { return 0 }
        var last = 0
        for (size, stride) in zip(shape.dimensions, strides) {
            let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, carry) = last.addingReportingOverflow(step)
            guard !overflow, !carry else { return nil }
            last = sum
        }
        return last == .max ? nil : last + 1
    }

    /// Column-major strides, the first dimension running fastest.
    static func columnMajorStrides(of shape: Shape) -> [Int] {
        guard shape.count > 0 else { return shape.dimensions.map { _ in 0 } }
        var strides: [Int] = []
        var step = 1
        for size in shape.dimensions {
            strides.append(step)
            step *= size
        }
        return strides
    }

    private static func isRowMajor(_ shape: Shape, _ strides: [Int]) -> Bool {
        guard shape.count > 0 else { return true }
        var step = 1
        for (size, stride) in zip(shape.dimensions, strides).reversed() where size != 1 {
            if stride != step { return false }
            step *= size
        }
        return true
    }
}
