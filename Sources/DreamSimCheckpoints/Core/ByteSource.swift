/// Where the bytes of tensors lie until they are asked for.
enum ByteSource: Sendable {
    /// A part of the mapped file.
    case mapped(MappedFile, Range<Int>)
    /// Bytes that were decoded when the file was opened.
    case memory(SharedBytes)
    /// A compressed member of an archive, inflated at each reading.
    case compressed(ZipArchive, ZipArchive.Entry)

    /// The number of bytes.
    var count: Int {
        switch self {
        case .mapped(_, let range): range.count
        case .memory(let shared): shared.bytes.count
        case .compressed(_, let entry): entry.uncompressedSize
        }
    }

    /// A part of the bytes.
    /// - Precondition: `range` lies within them, and they are not compressed.
    func part(_ range: Range<Int>) -> ByteSource {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        switch self {
        case .mapped(let file, let whole):
            return .mapped(file, whole.lowerBound + range.lowerBound..<whole.lowerBound + range.upperBound)
        case .memory(let shared):
            return .memory(SharedBytes(Array(shared.bytes[range])))
        case .compressed:
            preconditionFailure("a compressed member has no parts")
        }
    }

    /// Calls a closure with the bytes.
    func withBytes<R>(
        _ body: (UnsafeRawBufferPointer) throws(DreamSimError) -> R
    ) throws(DreamSimError) -> R {
        switch self {
        case .mapped(let file, let range):
            defer { withExtendedLifetime(file) {} }
            return try body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
        case .memory(let shared):
            return try with(shared.bytes, body)
        case .compressed(let archive, let entry):
            return try with(try archive.read(entry, limit: entry.uncompressedSize), body)
        }
    }

    // `Array.withUnsafeBytes` rethrows untyped errors; the result carries the typed one across.
    private func with<R>(
        _ array: [UInt8], _ body: (UnsafeRawBufferPointer) throws(DreamSimError) -> R
    ) throws(DreamSimError) -> R {
        try array.withUnsafeBytes { bytes in
            Result<R, DreamSimError> { () throws(DreamSimError) in try body(bytes) }
        }.get()
    }
}

/// Bytes that several tensors share.
final class SharedBytes: Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}
