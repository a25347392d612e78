/// A row-major array of IEEE 754 binary16 numbers, which is only read.
package struct HalfTensor: Sendable {
    /// The extents, outermost first.
    package let shape: Shape
    private let owner: any AnyObject & Sendable
    private let address: UInt

    /// A window on memory that `owner` keeps alive, such as a mapped file.
    package init(borrowing base: UnsafePointer<UInt16>, shape: Shape, owner: any AnyObject & Sendable) {
        self.shape = shape
        self.owner = owner
        address = UInt(bitPattern: base)
    }

    /// Calls a closure with the numbers' bits.
    package func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<UInt16>) throws -> R) rethrows -> R {
        defer { withExtendedLifetime(owner) {} }
        return try body(UnsafeBufferPointer(start: UnsafePointer(bitPattern: address), count: shape.count))
    }
}
