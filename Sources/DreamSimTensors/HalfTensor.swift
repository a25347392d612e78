internal import CDreamSimKernels

/// How the numbers of weights are kept in memory and in files; computations are in float32 always.
public enum WeightPrecision: String, Sendable, Codable, CaseIterable {
    /// As published.
    case float32
    /// IEEE 754 binary16: 11 significant bits, up to 65504; half the memory.
    case float16
    /// The upper half of a float32: 8 significant bits; half the memory.
    case bfloat16

    /// What the packed product calls it.
    var kernel: Int32 {
        switch self {
        case .float32: Int32(DSV_FLOAT32.rawValue)
        case .float16: Int32(DSV_FLOAT16.rawValue)
        case .bfloat16: Int32(DSV_BFLOAT16.rawValue)
        }
    }
}

/// A row-major array of numbers in half precision, which is only read.
package struct HalfTensor: Sendable {
    /// The extents, outermost first.
    package let shape: Shape
    /// `.float16` or `.bfloat16`.
    package let precision: WeightPrecision
    private let storage: Storage

    /// `@unchecked Sendable`: the memory is never written after it was made.
    private final class Storage: @unchecked Sendable {
        let base: UnsafePointer<UInt16>
        private let owner: (any AnyObject & Sendable)?

        init(_ base: UnsafePointer<UInt16>, owner: (any AnyObject & Sendable)?) {
            self.base = base
            self.owner = owner
        }

        deinit {
            if owner == nil { UnsafeMutablePointer(mutating: base).deallocate() }
        }
    }

    /// Rounds to nearest, ties to even.
    /// - Parameter precision: `.float16` or `.bfloat16`.
    package init(rounding tensor: Tensor, to precision: WeightPrecision) {
        precondition(precision != .float32, "\(precision) is not half precision")
        let memory = UnsafeMutablePointer<UInt16>.allocate(capacity: max(1, tensor.count))
        tensor.withUnsafeBufferPointer { HalfRounding.round($0, to: precision, into: memory) }
        shape = tensor.shape
        self.precision = precision
        storage = Storage(memory, owner: nil)
    }

    /// A window on memory that `owner` keeps alive, such as a mapped file.
    package init(
        borrowing base: UnsafePointer<UInt16>, shape: Shape, precision: WeightPrecision, owner: any AnyObject & Sendable
    ) {
        precondition(precision != .float32, "\(precision) is not half precision")
        self.shape = shape
        self.precision = precision
        storage = Storage(base, owner: owner)
    }

    /// Calls a closure with the numbers' bits.
    package func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<UInt16>) throws -> R) rethrows -> R {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeBufferPointer(start: storage.base, count: shape.count))
    }
    /// The same numbers in single precision.
    package func widened() -> Tensor {
        withUnsafeBufferPointer { bits in
            Tensor(uninitialized: shape) { values in
                for i in bits.indices {
                    values[i] =
                        precision == .float16
                        ? HalfRounding.widen(bits[i]) : Float(bitPattern: UInt32(bits[i]) << 16)
                }
            }
        }
    }
}
