import CDreamSimZlib

/// A streaming decompressor around zlib, with a fixed output buffer.
struct Inflater: ~Copyable {
    enum Wrapping {
        /// Bare deflate data, as in zip.
        case raw
        /// One gzip member.
        case gzip
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private let path: String
    private let key: String?
    /// Whether the end of the compressed data was met.
    private(set) var isFinished = false

    init(_ wrapping: Wrapping, path: String, key: String?) throws(DreamSimError) {
        self.path = path
        self.key = key
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: 1 << 18, alignment: 16)
        let status = dreamsim_inflate_init(stream, wrapping == .raw ? -MAX_WBITS : MAX_WBITS + 16)
        guard status == Z_OK else {
            stream.deallocate()
            output.deallocate()
            throw DreamSimError(.unreadable, path, key: key, "zlib cannot be started (\(status))")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Decompresses all of `input`, or up to the end of the compressed data.
    /// - Returns: the number of bytes of `input` that were used.
    mutating func run(
        _ input: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        var offset = 0
        while !isFinished, offset < input.count {
            // zlib counts in 32 bits.
            let piece = min(input.count - offset, 1 << 30)
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bytePointer.map { $0 + offset })
            stream.pointee.avail_in = uInt(piece)
            try drain(to: sink)
            offset += piece - Int(stream.pointee.avail_in)
        }
        return offset
    }

    /// Runs zlib until it has used its input and given all the output that follows from it.
    private mutating func drain(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        repeat {
            stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
            stream.pointee.avail_out = uInt(output.count)
            let status = inflate(stream, Z_NO_FLUSH)
            switch status {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: isFinished = true
            default:
                let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
                throw DreamSimError(.malformed, path, key: key, "the compressed data is damaged: \(reason)")
            }
            let count = output.count - Int(stream.pointee.avail_out)
            if count > 0 { try sink(UnsafeRawBufferPointer(rebasing: output[..<count])) }
        } while !isFinished && stream.pointee.avail_out == 0
    }
}
