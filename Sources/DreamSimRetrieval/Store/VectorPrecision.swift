/// How the numbers of an index's vectors are kept; products are computed in float32 always.
public enum VectorPrecision: String, Sendable, Codable, CaseIterable {
    /// IEEE 754 binary16: half the disk, the memory and the time; distances change by some 0.00001.
    case float16
    /// As the model computes them.
    case float32

    /// The bytes of a number.
    var size: Int { self == .float16 ? 2 : 4 }

    var stored: StoredPrecision { self == .float16 ? .float16 : .float32 }

    /// A vector's bytes.
    func bytes(_ vector: [Float]) -> [UInt8] {
        guard self == .float16 else { return vector.withUnsafeBytes(Array.init) }
        return vector.map { HalfRounding.half($0) }.withUnsafeBytes(Array.init)
    }

    /// The numbers of a vector's bytes.
    func values(_ bytes: UnsafeRawBufferPointer) -> [Float] {
        self == .float16
            ? bytes.bindMemory(to: UInt16.self).map { HalfRounding.widen($0) }
            : Array(bytes.bindMemory(to: Float.self))
    }
}
