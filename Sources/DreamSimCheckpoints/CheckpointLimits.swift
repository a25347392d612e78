extension Checkpoint {
    /// Caps on what a file may ask of the reader. Passing one is an error of kind `.limitExceeded`.
    package struct Limits: Hashable, Sendable {
        /// The longest safetensors header, in bytes.
        package var headerBytes = 100_000_000
        /// The deepest nesting of a safetensors header.
        package var jsonDepth = 64
        /// The longest pickle, in bytes. Of a pickle that holds arrays the arrays' own bytes are not counted.
        package var pickleBytes = 64 << 20
        /// The number of pickle instructions of a file.
        package var opcodes = 1_000_000
        /// The longest whole number of a pickle, in bytes.
        package var longBytes = 16
        /// The number of tensors of a file.
        package var tensorCount = 200_000
        /// The number of values seen while nested dictionaries are flattened.
        package var flattenedItems = 1_000_000
        /// The deepest nesting of dictionaries and lists that are flattened.
        package var nesting = 64
        /// The longest name of a tensor or attribute, in bytes.
        package var nameBytes = 4096
        /// The total length of the names of a file, in bytes.
        package var totalNameBytes = 128 << 20
        /// The largest number of dimensions.
        package var rank = 64
        /// The number of elements to which a view that repeats its elements (stride 0, overlapping rows) may expand
        /// when that is more than its storage holds.
        package var expandedElements = 1 << 24
        /// The bytes decoded at once from text-like encodings (ONNX's variable-length integers, escaped byte strings).
        package var decodedBytes = 64 << 20

        /// The limits that every official checkpoint passes with room to spare.
        package static let standard = Limits()

        /// Makes the standard limits, to be changed.
        package init() {}
    }
}
