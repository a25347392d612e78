/// Takes a tar stream apart that arrives in pieces of any size.
struct TarReader {
    private enum State {
        /// Inside a 512-byte header.
        case header
        /// Inside a member's data that goes to the sink, or nowhere.
        case data(wanted: Bool)
        /// Inside a pax header or a long name, which is gathered.
        case note(type: UInt8)
        /// In the zeros that fill the last block of data.
        case padding
        /// After the first block of zeros.
        case end
    }

    private static let blockSize = 512
    /// The largest pax header or long name.
    private static let maximumNote = 1 << 20

    private let path: String
    private var state = State.header
    private var block: [UInt8] = []
    private var note: [UInt8] = []
    private var remaining = 0
    private var padding = 0
    private var count = 0
    /// What notes say about the member that follows them.
    private var nextName: String?
    private var nextSize: Int?
    private var nextIsSparse = false

    init(path: String) {
        self.path = path
        block.reserveCapacity(Self.blockSize)
    }

    mutating func consume(
        _ piece: UnsafeRawBufferPointer, wanted: (TarGzArchive.Entry) -> Bool,
        visit: (TarGzArchive.Entry) -> Void, sink: (UnsafeRawBufferPointer) throws(DreamSimError) -> Void
    ) throws(DreamSimError) {
        var offset = 0
        while offset < piece.count {
            let available = piece.count - offset
            let taken: Int
            switch state {
            case .header:
                taken = min(available, Self.blockSize - block.count)
                block.append(contentsOf: piece[offset..<(offset + taken)])
                if block.count == Self.blockSize {
                    try header(wanted: wanted, visit: visit)
                    block.removeAll(keepingCapacity: true)
                }
            case .data(let isWanted):
                taken = min(available, remaining)
                if isWanted { try sink(UnsafeRawBufferPointer(rebasing: piece[offset..<(offset + taken)])) }
                try advance(taken)
            case .note:
                taken = min(available, remaining)
                note.append(contentsOf: piece[offset..<(offset + taken)])
                try advance(taken)
            case .padding:
                taken = min(available, padding)
                padding -= taken
                if padding == 0 { state = .header }
            case .end:
                taken = available
                guard piece[offset...].allSatisfy({ $0 == 0 }) else {
                    throw malformed(nil, "members follow the end of the archive")
                }
            }
            offset += taken
        }
    }

    /// Says that the stream is over.
    func finish() throws(DreamSimError) {
        let isWhole: Bool
        switch state {
        case .end: isWhole = true
        // Some writers leave the final zeros out.
        case .header: isWhole = block.isEmpty && count > 0 && nextName == nil && nextSize == nil
        case .data, .note, .padding: isWhole = false
        }
        guard isWhole else { throw malformed(nil, "the archive is cut off") }
    }

    // MARK: - Members

    private mutating func advance(_ taken: Int) throws(DreamSimError) {
        remaining -= taken
        guard remaining == 0 else { return }
        if case .note(let type) = state { try readNote(type) }
        state = padding == 0 ? .header : .padding
    }

    private mutating func header(
        wanted: (TarGzArchive.Entry) -> Bool, visit: (TarGzArchive.Entry) -> Void
    ) throws(DreamSimError) {
        if block.allSatisfy({ $0 == 0 }) {
            state = .end
            return
        }
        // The checksum counts its own eight bytes as spaces.
        let sum = block.enumerated().reduce(0) { $0 + (148..<156 ~= $1.offset ? 32 : Int($1.element)) }
        guard try number(148..<156, "checksum") == sum else { throw malformed(nil, "a header's checksum is wrong") }
        let type = block[156]
        if type == UInt8(ascii: "x") || type == UInt8(ascii: "g") || type == UInt8(ascii: "L")
            || type == UInt8(ascii: "K")
        {
            let size = try number(124..<136, "size")
            guard size > 0, size <= Self.maximumNote else {
                throw DreamSimError(
                    .limitExceeded, path, "an extended header of \(size) bytes; the limit is \(Self.maximumNote)")
            }
            note.removeAll(keepingCapacity: true)
            begin(.note(type: type), size: size)
            return
        }
        count += 1
        guard count <= TarGzArchive.maximumCount else {
            throw DreamSimError(.limitExceeded, path, "more than \(TarGzArchive.maximumCount) members")
        }
        let entry = try self.entry(type)
        (nextName, nextSize, nextIsSparse) = (nil, nil, false)
        visit(entry)
        // Links and folders have no data, whatever size they state.
        let hasData = entry.kind == .file || entry.kind == .other
        begin(.data(wanted: wanted(entry)), size: hasData ? entry.size : 0)
    }

    private mutating func begin(_ state: State, size: Int) {
        remaining = size
        padding = (Self.blockSize - size % Self.blockSize) % Self.blockSize
        self.state = size == 0 ? .header : state
    }

    private func entry(_ type: UInt8) throws(DreamSimError) -> TarGzArchive.Entry {
        var name = ""
        if let nextName { name = nextName } else { name = try headerName() }
        while name.hasPrefix("./") { name.removeFirst(2) }
        var kind: TarGzArchive.Entry.Kind
        switch type {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = name.hasSuffix("/") ? .directory : .file
        case UInt8(ascii: "5"): kind = .directory
        case UInt8(ascii: "1"), UInt8(ascii: "2"): kind = .link
        default: kind = .other
        }
        if nextIsSparse { kind = .other }
        while name.hasSuffix("/") { name.removeLast() }
        if kind == .directory, name.isEmpty || name == "." { name = "root" }
        if let fault = ArchiveName.fault(in: name) {
            throw DreamSimError(.refused, path, key: name.debugDescription, fault)
        }
        let stated = try number(124..<136, "size")
        let size = nextSize ?? stated
        guard size <= TarGzArchive.maximumSize else {
            throw DreamSimError(.limitExceeded, path, key: name, "a size of \(size) bytes")
        }
        return TarGzArchive.Entry(path: name, kind: kind, size: size, index: count - 1)
    }

    private func headerName() throws(DreamSimError) -> String {
        let name = try text(block[0..<100])
        // GNU's own format uses the place of the prefix for other things.
        guard block[257..<263].elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0]) else { return name }
        let prefix = try text(block[345..<500])
        return prefix.isEmpty ? name : prefix + "/" + name
    }

    // MARK: - Notes

    private mutating func readNote(_ type: UInt8) throws(DreamSimError) {
        switch type {
        case UInt8(ascii: "L"): nextName = try text(note[...])
        case UInt8(ascii: "K"): break
        default: try readPax(isGlobal: type == UInt8(ascii: "g"))
        }
    }

    /// Records of the form `length key=value\n`, where the length counts the whole record.
    private mutating func readPax(isGlobal: Bool) throws(DreamSimError) {
        var rest = note[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: 0x20),
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 1, length <= rest.count,
                rest[rest.startIndex + length - 1] == 0x0A,
                let equals = rest[space...].firstIndex(of: 0x3D), equals < rest.startIndex + length
            else {
                throw malformed(nil, "a broken pax header")
            }
            let key = String(decoding: rest[(space + 1)..<equals], as: UTF8.self)
            let value = rest[(equals + 1)..<(rest.startIndex + length - 1)]
            rest = rest[(rest.startIndex + length)...]
            guard key == "path" || key == "size" || key.hasPrefix("GNU.sparse") else { continue }
            guard !isGlobal else { throw malformed(nil, "a global pax header that sets '\(key)'") }
            switch key {
            case "path": nextName = try text(value, mayHoldNUL: true)
            case "size":
                guard let size = Int(String(decoding: value, as: UTF8.self)), size >= 0 else {
                    throw malformed(nil, "a broken size in a pax header")
                }
                nextSize = size
            default: nextIsSparse = true
            }
        }
    }

    // MARK: - Fields

    /// A field of text, which ends at its first NUL unless NULs are kept for the rules of names to refuse.
    private func text(_ field: ArraySlice<UInt8>, mayHoldNUL: Bool = false) throws(DreamSimError) -> String {
        let bytes = mayHoldNUL ? field : field.prefix { $0 != 0 }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw malformed(nil, "a name is not UTF-8") }
        return text
    }

    /// A number in octal digits, or, with the top bit set, in binary.
    private func number(_ range: Range<Int>, _ what: String) throws(DreamSimError) -> Int {
        let field = block[range]
        if let first = field.first, first & 0x80 != 0 {
            var value = Int(first & 0x7F)
            for byte in field.dropFirst() {
                let (product, overflow) = value.multipliedReportingOverflow(by: 256)
                guard !overflow, product <= Int.max - Int(byte) else { throw malformed(nil, "an impossible \(what)") }
                value = product + Int(byte)
            }
            return value
        }
        let digits = field.prefix { $0 != 0 }.filter { $0 != 0x20 }
        guard digits.count <= 20,
            let value = digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8),
            value >= 0
        else {
            throw malformed(nil, "a broken \(what) in a header")
        }
        return value
    }

    private func malformed(_ key: String?, _ reason: String) -> DreamSimError {
        DreamSimError(.malformed, path, key: key, reason)
    }
}
