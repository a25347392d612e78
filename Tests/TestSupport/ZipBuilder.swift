import CDreamSimZlib

/// Writes zip archives for tests, with every fault a hostile one could have.
public struct ZipBuilder {
    /// A member and what its headers claim; `nil` claims are the truth.
    public struct Member {
        /// The bytes of the name.
        public var name: [UInt8]
        /// The bytes inside.
        public var contents: [UInt8]
        /// Whether the bytes are compressed.
        public var isDeflated = false
        /// The Unix mode, with the type of file.
        public var mode: UInt32 = 0o100644
        /// General-purpose flags beside that of the data descriptor.
        public var flags: UInt16 = 0
        /// The method both headers state.
        public var method: UInt16?
        /// The checksum both headers state.
        public var crc: UInt32?
        /// The size both headers state.
        public var size: Int?
        /// The compressed size both headers state.
        public var compressedSize: Int?
        /// The name in the local header alone.
        public var localName: [UInt8]?
        /// The size in the local header alone.
        public var localSize: Int?
        /// The method in the local header alone.
        public var localMethod: UInt16?
        /// The place the central directory states.
        public var headerOffset: Int?
        /// Whether the local header leaves its sizes at zero and a descriptor follows the data.
        public var hasDescriptor = false
        /// The size in the data descriptor alone.
        public var descriptorSize: Int?
        /// Whether sizes are in zip64 extra fields.
        public var isZip64 = false
        /// The data's alignment, reached by padding in the local extra field.
        public var alignment = 1

        /// A truthful member.
        public init(_ name: String, _ contents: [UInt8], isDeflated: Bool = false) {
            self.name = Array(name.utf8)
            self.contents = contents
            self.isDeflated = isDeflated
        }
    }

    /// The members in order.
    public var members: [Member]
    /// Whether the zip64 end records are written, as torch does.
    public var hasZip64End = false
    /// The number of members the end records claim.
    public var count: Int?
    /// The archive's comment.
    public var comment: [UInt8] = []

    /// An archive of these members.
    public init(_ members: [Member]) {
        self.members = members
    }

    /// The archive.
    public func build() -> [UInt8] {
        var out: [UInt8] = []
        var central: [UInt8] = []
        for member in members {
            let data = member.isDeflated ? Self.deflate(member.contents) : member.contents
            let crc = member.crc ?? Self.crc32(member.contents)
            let offset = out.count
            append(member, data: data, crc: crc, to: &out)
            let size = member.size ?? member.contents.count
            let compressed = member.compressedSize ?? data.count
            let place = member.headerOffset ?? offset
            central.append(0x0201_4b50 as UInt32)
            central.append(UInt16(3 << 8 | 45))
            central.append(UInt16(45))
            central.append(member.flags | (member.hasDescriptor ? 8 : 0))
            central.append(member.method ?? (member.isDeflated ? 8 : 0))
            central.append(0 as UInt32)
            central.append(crc)
            central.append(member.isZip64 ? UInt32.max : UInt32(compressed))
            central.append(member.isZip64 ? UInt32.max : UInt32(size))
            central.append(UInt16(member.name.count))
            central.append(UInt16(member.isZip64 ? 28 : 0))
            central.append(0 as UInt16)
            central.append(0 as UInt16)
            central.append(0 as UInt16)
            central.append(member.mode << 16)
            central.append(member.isZip64 ? UInt32.max : UInt32(place))
            central += member.name
            if member.isZip64 {
                central.append(1 as UInt16)
                central.append(24 as UInt16)
                central.append(UInt64(size))
                central.append(UInt64(compressed))
                central.append(UInt64(place))
            }
        }
        appendEnd(directory: out.count, size: central.count, central: central, to: &out)
        return out
    }

    private func append(_ member: Member, data: [UInt8], crc: UInt32, to out: inout [UInt8]) {
        let size = member.localSize ?? (member.hasDescriptor ? 0 : member.size ?? member.contents.count)
        let compressed = member.hasDescriptor ? 0 : member.compressedSize ?? data.count
        let name = member.localName ?? member.name
        let fixedExtra = member.isZip64 ? 20 : 0
        var padding = 0
        let start = out.count + 30 + name.count + fixedExtra
        if member.alignment > 1 {
            padding = 4 + (member.alignment - (start + 4) % member.alignment) % member.alignment
        }
        out.append(0x0403_4b50 as UInt32)
        out.append(45 as UInt16)
        out.append(member.flags | (member.hasDescriptor ? 8 : 0))
        out.append(member.localMethod ?? member.method ?? (member.isDeflated ? 8 : 0))
        out.append(0 as UInt32)
        out.append(member.hasDescriptor ? 0 : crc)
        out.append(member.isZip64 ? UInt32.max : UInt32(compressed))
        out.append(member.isZip64 ? UInt32.max : UInt32(size))
        out.append(UInt16(name.count))
        out.append(UInt16(fixedExtra + padding))
        out += name
        if member.isZip64 {
            out.append(1 as UInt16)
            out.append(16 as UInt16)
            out.append(UInt64(size))
            out.append(UInt64(compressed))
        }
        if padding > 0 {
            out.append(0x4246 as UInt16)
            out.append(UInt16(padding - 4))
            out += [UInt8](repeating: 0x5A, count: padding - 4)
        }
        out += data
        if member.hasDescriptor {
            let size = member.descriptorSize ?? member.size ?? member.contents.count
            out.append(0x0807_4b50 as UInt32)
            out.append(crc)
            if member.isZip64 {
                out.append(UInt64(member.compressedSize ?? data.count))
                out.append(UInt64(size))
            } else {
                out.append(UInt32(member.compressedSize ?? data.count))
                out.append(UInt32(size))
            }
        }
    }

    private func appendEnd(directory: Int, size: Int, central: [UInt8], to out: inout [UInt8]) {
        out += central
        let count = self.count ?? members.count
        if hasZip64End {
            let record = out.count
            out.append(0x0606_4b50 as UInt32)
            out.append(44 as UInt64)
            out.append(45 as UInt16)
            out.append(45 as UInt16)
            out.append(0 as UInt32)
            out.append(0 as UInt32)
            for value in [count, count, size, directory] { out.append(UInt64(value)) }
            out.append(0x0706_4b50 as UInt32)
            out.append(0 as UInt32)
            out.append(UInt64(record))
            out.append(1 as UInt32)
        }
        out.append(0x0605_4b50 as UInt32)
        out.append(0 as UInt32)
        out.append(UInt16(count))
        out.append(UInt16(count))
        out.append(UInt32(size))
        out.append(UInt32(directory))
        out.append(UInt16(comment.count))
        out += comment
    }

    // MARK: - zlib

    /// The checksum of zip.
    public static func crc32(_ bytes: [UInt8]) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_z(0, bytes, bytes.count))
    }

    /// Bare deflate data.
    public static func deflate(_ bytes: [UInt8]) -> [UInt8] { deflate(bytes, windowBits: -MAX_WBITS) }

    /// One gzip member.
    public static func gzip(_ bytes: [UInt8]) -> [UInt8] { deflate(bytes, windowBits: MAX_WBITS + 16) }

    private static func deflate(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        let status = deflateInit2_(
            &stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        precondition(status == Z_OK, "deflateInit2: \(status)")
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))) + 64)
        let capacity = output.count
        input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = uInt(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(target.count)
                let status = CDreamSimZlib.deflate(&stream, Z_FINISH)
                precondition(status == Z_STREAM_END, "deflate: \(status)")
            }
        }
        return Array(output.prefix(capacity - Int(stream.avail_out)))
    }
}

extension [UInt8] {
    /// Appends a number, little end first.
    fileprivate mutating func append(_ value: UInt16) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
    /// Appends a number, little end first.
    fileprivate mutating func append(_ value: UInt32) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
    /// Appends a number, little end first.
    fileprivate mutating func append(_ value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
