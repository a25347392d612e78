extension Tensor {
    /// The element-by-element sum of two tensors of one shape.
    public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(b, +) }

    /// The element-by-element difference of two tensors of one shape.
    public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(b, -) }

    /// The element-by-element product of two tensors of one shape.
    public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(b, *) }

    /// Every element plus a number.
    public static func + (a: Tensor, b: Float) -> Tensor { a.map { $0 + b } }

    /// Every element less a number.
    public static func - (a: Tensor, b: Float) -> Tensor { a.map { $0 - b } }

    /// Every element times a number.
    public static func * (a: Tensor, b: Float) -> Tensor { a.map { $0 * b } }

    /// Every element times a number.
    public static func * (a: Float, b: Tensor) -> Tensor { b * a }

    /// Every element brought to the range, such as pixels to [0, 1].
    public func clamped(to range: ClosedRange<Float>) -> Tensor {
        map { min(max($0, range.lowerBound), range.upperBound) }
    }

    /// A function of every element.
    public func map(_ transform: (Float) -> Float) -> Tensor {
        Tensor(uninitialized: shape) { result in
            withUnsafeBufferPointer { for i in result.indices { result[i] = transform($0[i]) } }
        }
    }

    /// The element at a place, one index an axis, outermost first.
    public subscript(indices: Int...) -> Float {
        get { withUnsafeBufferPointer { $0[offset(indices)] } }
        set {
            let place = offset(indices)
            withUnsafeMutableBufferPointer { $0[place] = newValue }
        }
    }

    private func offset(_ indices: [Int]) -> Int {
        precondition(indices.count == shape.rank, "\(indices.count) indices for shape \(shape)")
        return indices.indices.reduce(0) { offset, axis in
            precondition((0..<shape[axis]).contains(indices[axis]), "index \(indices) of shape \(shape)")
            return offset * shape[axis] + indices[axis]
        }
    }

    private func combined(_ other: Tensor, _ combine: (Float, Float) -> Float) -> Tensor {
        precondition(shape == other.shape, "shapes \(shape) and \(other.shape) differ")
        return Tensor(uninitialized: shape) { result in
            withUnsafeBufferPointer { a in
                other.withUnsafeBufferPointer { b in
                    for i in result.indices { result[i] = combine(a[i], b[i]) }
                }
            }
        }
    }
}
