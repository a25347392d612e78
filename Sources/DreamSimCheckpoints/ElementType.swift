/// How one element of a stored tensor is written down. The raw values are those of the safetensors format.
package enum ElementType: String, Hashable, CaseIterable, Sendable {
    /// IEEE 754 binary64.
    case float64 = "F64"
    /// IEEE 754 binary32.
    case float32 = "F32"
    /// IEEE 754 binary16.
    case float16 = "F16"
    /// The upper half of a binary32.
    case bfloat16 = "BF16"
    /// A signed integer of 64 bits.
    case int64 = "I64"
    /// A signed integer of 32 bits.
    case int32 = "I32"
    /// A signed integer of 16 bits.
    case int16 = "I16"
    /// A signed integer of 8 bits.
    case int8 = "I8"
    /// An unsigned integer of 64 bits.
    case uint64 = "U64"
    /// An unsigned integer of 32 bits.
    case uint32 = "U32"
    /// An unsigned integer of 16 bits.
    case uint16 = "U16"
    /// An unsigned integer of 8 bits.
    case uint8 = "U8"
    /// One byte that is zero or not.
    case bool = "BOOL"

    /// The number of bytes one element takes in a file.
    package var byteCount: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .int8, .uint8, .bool: 1
        }
    }

    /// True for the types that can hold a NaN or an infinity.
    package var isFloatingPoint: Bool {
        switch self {
        case .float64, .float32, .float16, .bfloat16: true
        default: false
        }
    }
}
