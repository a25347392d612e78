/// The memory behind a tensor: either owned and 64-byte aligned, or borrowed from an owner that keeps it mapped.
///
/// `@unchecked Sendable`: borrowed memory is never written; owned memory is written only through
/// `Tensor.withUnsafeMutableBufferPointer`, which first makes sure that the tensor is the sole holder of the storage.
final class TensorStorage: @unchecked Sendable {
    static let alignment = 64

    let base: UnsafeMutablePointer<Float>
    let count: Int
    private let owner: (any AnyObject & Sendable)?

    /// Owned memory, not initialized.
    init(uninitialized count: Int) {
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: Self.alignment)
        self.base = raw.bindMemory(to: Float.self, capacity: max(count, 1))
        self.count = count
        self.owner = nil
    }

    /// Borrowed, read-only memory that `owner` keeps alive.
    init(borrowing base: UnsafePointer<Float>, count: Int, owner: any AnyObject & Sendable) {
        self.base = UnsafeMutablePointer(mutating: base)
        self.count = count
        self.owner = owner
    }

    var isBorrowed: Bool { owner != nil }

    deinit {
        if owner == nil {
            UnsafeMutableRawPointer(base).deallocate()
        }
    }
}
