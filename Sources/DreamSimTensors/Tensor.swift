/// A row-major array of float32 values with value semantics.
///
/// Copies share memory until one is written. A tensor may also be a read-only window into a mapped file; writing to it
/// copies first.
public struct Tensor: Sendable {
    /// The extents, outermost first.
    public private(set) var shape: Shape
    private var storage: TensorStorage

    /// Makes a tensor filled with zeros.
    /// - Parameter shape: extents, outermost first.
    public init(zeros shape: Shape) {
        self.init(uninitialized: shape) { $0.initialize(repeating: 0) }
    }

    /// Makes a tensor from its values.
    /// - Parameters:
    ///   - values: the elements in row-major order; as many as `shape` has.
    ///   - shape: extents, outermost first.
    public init(_ values: some Collection<Float>, shape: Shape) {
        precondition(values.count == shape.count, "\(values.count) values for shape \(shape)")
        self.init(uninitialized: shape) { buffer in
            _ = buffer.initialize(from: values)
        }
    }

    /// Makes a tensor whose memory `body` fills completely.
    package init<E>(
        uninitialized shape: Shape, _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> Void
    ) throws(E) {
        self.shape = shape
        self.storage = TensorStorage(uninitialized: shape.count)
        try body(UnsafeMutableBufferPointer(start: storage.base, count: shape.count))
    }

    /// Makes a read-only window on memory that `owner` keeps alive, such as a mapped file.
    /// - Parameter base: the first element, aligned for `Float`; `shape.count` elements must be readable.
    package init(borrowing base: UnsafePointer<Float>, shape: Shape, owner: any AnyObject & Sendable) {
        self.shape = shape
        self.storage = TensorStorage(borrowing: base, count: shape.count, owner: owner)
    }

    /// The number of elements.
    public var count: Int { shape.count }

    /// The elements in row-major order, copied.
    public var values: [Float] {
        withUnsafeBufferPointer { Array($0) }
    }

    /// The same elements under other extents, without copying.
    /// - Parameter shape: extents with the same number of elements.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == self.shape.count, "cannot reshape \(self.shape) to \(shape)")
        var result = self
        result.shape = shape
        return result
    }

    /// Calls a closure with the elements, to be read.
    public func withUnsafeBufferPointer<R, E>(
        _ body: (UnsafeBufferPointer<Float>) throws(E) -> R
    ) throws(E) -> R {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeBufferPointer(start: storage.base, count: shape.count))
    }

    /// Calls a closure with the elements, to be written; copies them first when they are shared or borrowed.
    public mutating func withUnsafeMutableBufferPointer<R, E>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> R
    ) throws(E) -> R {
        if storage.isBorrowed || !isKnownUniquelyReferenced(&storage) {
            let copy = TensorStorage(uninitialized: shape.count)
            copy.base.initialize(from: storage.base, count: shape.count)
            storage = copy
        }
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeMutableBufferPointer(start: storage.base, count: shape.count))
    }
}

extension Tensor: Equatable {
    /// True when the extents and every element are equal (NaN is unequal to itself).
    public static func == (a: Tensor, b: Tensor) -> Bool {
        guard a.shape == b.shape else { return false }
        return a.withUnsafeBufferPointer { x in b.withUnsafeBufferPointer { y in x.elementsEqual(y) } }
    }
}
