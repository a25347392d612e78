/// A row-major array of integers, which is only read.
package struct IntegerTensor: Sendable {
    /// The extents, outermost first.
    package let shape: Shape
    /// `.int16` or `.int8`.
    package let precision: Precision
    private let storage: Storage

    /// `@unchecked Sendable`: the memory is never written after it was made.
    private final class Storage: @unchecked Sendable {
        let base: UnsafeRawPointer
        private let owner: (any AnyObject & Sendable)?

        init(_ base: UnsafeRawPointer, owner: (any AnyObject & Sendable)?) {
            self.base = base
            self.owner = owner
        }

        deinit {
            if owner == nil { UnsafeMutableRawPointer(mutating: base).deallocate() }
        }
    }

    /// Makes a tensor whose memory `body` fills completely.
    package init(uninitialized shape: Shape, _ precision: Precision, _ body: (UnsafeMutableRawPointer) -> Void) {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, shape.count * precision.size), alignment: TensorStorage.alignment)
        body(memory)
        (self.shape, self.precision) = (shape, precision)
        storage = Storage(memory, owner: nil)
    }

    /// A window on memory that `owner` keeps alive, such as a mapped file.
    package init(
        borrowing base: UnsafeRawPointer, shape: Shape, _ precision: Precision, owner: any AnyObject & Sendable
    ) {
        (self.shape, self.precision) = (shape, precision)
        storage = Storage(base, owner: owner)
    }

    /// Calls a closure with the bytes of the integers.
    package func withUnsafeBytes<R, E>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeRawBufferPointer(start: storage.base, count: shape.count * precision.size))
    }
}
