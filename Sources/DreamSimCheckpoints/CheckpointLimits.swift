extension Checkpoint {
    /// Caps on what a file may ask of the reader. Passing one is an error of kind `.limitExceeded`.
    public struct Limits: Hashable, Sendable {
        /// The longest safetensors header, in bytes.
        public var headerBytes = 100_000_000
        /// The deepest nesting of a safetensors header.
        public var jsonDepth = 64
        /// The longest pickle, in bytes. Of a pickle that holds arrays the arrays' own bytes are not counted.
        public var pickleBytes = 64 << 20
        /// The number of pickle instructions of a file.
        public var opcodes = 1_000_000
        /// The longest whole number of a pickle, in bytes.
        public var longBytes = 16
        /// The number of tensors of a file.
        public var tensorCount = 200_000
        /// The number of values seen while nested dictionaries are flattened.
        public var flattenedItems = 1_000_000
        /// The deepest nesting of dictionaries and lists that are flattened.
        public var nesting = 64
        /// The longest name of a tensor or attribute, in bytes.
        public var nameBytes = 4096
        /// The total length of the names of a file, in bytes.
        public var totalNameBytes = 128 << 20
        /// The largest number of dimensions.
        public var rank = 64
        /// The number of elements to which a view that repeats its elements (stride 0, overlapping rows) may expand
        /// when that is more than its storage holds.
        public var expandedElements = 1 << 24
        /// The bytes decoded at once from text-like encodings (ONNX's variable-length integers, escaped byte strings).
        public var decodedBytes = 64 << 20

        /// The limits that every official checkpoint passes with room to spare.
        public static let standard = Limits()

        /// Makes the standard limits, to be changed.
        public init() {}
    }
}
