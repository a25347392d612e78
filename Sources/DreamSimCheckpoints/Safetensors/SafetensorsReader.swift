import DreamSimTensors

/// Reads files of the safetensors format: a length, a JSON header of names, types, shapes and extents, the data.
enum SafetensorsReader {
    /// True when the file can be nothing else: a length that fits the file and the first byte of a JSON object.
    static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else { return false }
        return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) <= UInt64(bytes.count - 8)
    }

    static func read(_ file: MappedFile, limits: Checkpoint.Limits) throws(DreamSimError) -> CheckpointContents {
        let path = file.url.path
        let header = try headerRange(file.bytes, path: path, limits: limits)
        let headerBytes = UnsafeRawBufferPointer(rebasing: file.bytes[header])
        guard strictUTF8(headerBytes) != nil else {
            throw DreamSimError(.malformed, path, offset: header.lowerBound, "the header is not UTF-8")
        }
        var parser = Parser(path: path, limits: limits)
        try parser.parse(ByteCursor(headerBytes, path: path, origin: header.lowerBound))
        let data = header.upperBound..<file.bytes.count
        let ordered = try checkedOrder(parser.entries, dataCount: data.count, path: path)
        var contents = CheckpointContents()
        contents.metadata = parser.metadata
        contents.tensors.reserveCapacity(ordered.count)
        let source = ByteSource.mapped(file, data)
        for entry in ordered {
            let layout = TensorLayout(entry.elementType, entry.shape, byteOffset: entry.begin)
            contents.tensors.append(StoredTensor(name: entry.name, layout: layout, source: source, path: path))
        }
        return contents
    }

    private static func headerRange(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> Range<Int> {
        guard bytes.count >= 8 else {
            throw DreamSimError(
                .malformed, path, "\(bytes.count) bytes are too few for any known format of weights")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        let hint = "; read as safetensors, since its first bytes are of no other known format of weights"
        guard length <= UInt64(bytes.count - 8) else {
            throw DreamSimError(
                .malformed, path, offset: 0,
                "the header's length \(length) reaches past the end of the file (\(bytes.count) bytes)\(hint)")
        }
        guard length <= UInt64(limits.headerBytes) else {
            throw DreamSimError(
                .limitExceeded, path, offset: 0,
                "the header has \(length) bytes, more than the limit of \(limits.headerBytes)\(hint)")
        }
        guard length > 0, bytes[8] == UInt8(ascii: "{") else {
            throw DreamSimError(.malformed, path, offset: 8, "the header does not start with '{'\(hint)")
        }
        return 8..<8 + Int(length)
    }

    /// Puts the tensors in the order of their data and checks that they fill it without overlap or hole.
    private static func checkedOrder(
        _ entries: [Entry], dataCount: Int, path: String
    ) throws(DreamSimError) -> [Entry] {
        // The index keeps tensors without elements, which share an offset, in the order of the header.
        let ordered = entries.enumerated().sorted {
            ($0.element.begin, $0.element.end, $0.offset) < ($1.element.begin, $1.element.end, $1.offset)
        }.map(\.element)
        var end = 0
        for entry in ordered {
            guard entry.end <= dataCount else {
                throw DreamSimError(
                    .malformed, path, key: entry.name,
                    "the data ends at \(entry.end), past the \(dataCount) bytes that follow the header")
            }
            guard entry.begin == end else {
                let fault = entry.begin < end ? "overlaps the tensor before it" : "leaves a hole before it"
                throw DreamSimError(
                    .malformed, path, key: entry.name,
                    "the data starts at \(entry.begin) where \(end) was expected: it \(fault)")
            }
            end = entry.end
        }
        guard end == dataCount else {
            throw DreamSimError(
                .malformed, path, offset: end, "\(dataCount - end) trailing bytes follow the last tensor's data")
        }
        return ordered
    }

    /// One tensor of the header, its extents checked against each other.
    fileprivate struct Entry {
        let name: String
        let elementType: ElementType
        let shape: Shape
        let begin, end: Int
    }

    /// Reads the header's JSON into entries.
    private struct Parser {
        let path: String
        let limits: Checkpoint.Limits
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        private var seen: Set<String> = []

        init(path: String, limits: Checkpoint.Limits) {
            (self.path, self.limits) = (path, limits)
        }

        mutating func parse(_ cursor: ByteCursor) throws(DreamSimError) {
            var scanner = JSONScanner(cursor, depthLimit: limits.jsonDepth)
            try scanner.object("the header") { (scanner, key, offset) throws(DreamSimError) in
                guard seen.insert(key).inserted else {
                    throw fault(key, scanner, offset, "the header holds this key twice")
                }
                if key == "__metadata__" {
                    try readMetadata(&scanner)
                } else {
                    try readEntry(key, &scanner)
                }
            }
            if let byte = scanner.peek() {
                throw scanner.cursor.fault(
                    .malformed, "\(JSONScanner.name(of: byte)) follows the end of the header's object")
            }
        }

        private mutating func readMetadata(_ scanner: inout JSONScanner) throws(DreamSimError) {
            try scanner.object("__metadata__") { (scanner, key, offset) throws(DreamSimError) in
                let text = try scanner.string("the metadata value '\(key)'")
                guard metadata.count < limits.tensorCount else {
                    throw fault("__metadata__", scanner, offset, kind: .limitExceeded, "too many metadata")
                }
                guard metadata.updateValue(text, forKey: key) == nil else {
                    throw fault("__metadata__", scanner, offset, "the metadata hold the key '\(key)' twice")
                }
            }
        }

        private mutating func readEntry(_ name: String, _ scanner: inout JSONScanner) throws(DreamSimError) {
            guard entries.count < limits.tensorCount else {
                throw fault(name, scanner, nil, kind: .limitExceeded, "more than \(limits.tensorCount) tensors")
            }
            guard name.utf8.count <= limits.nameBytes else {
                throw fault(
                    String(name.prefix(40)), scanner, nil, kind: .limitExceeded,
                    "a name of \(name.utf8.count) bytes; the limit is \(limits.nameBytes)")
            }
            var type: String?
            var dimensions: [Int]?
            var offsets: [Int]?
            try scanner.object("'\(name)'") { (scanner, key, offset) throws(DreamSimError) in
                let isRepeated: Bool
                switch key {
                case "dtype":
                    isRepeated = type != nil
                    type = try scanner.string("the dtype of '\(name)'")
                case "shape":
                    isRepeated = dimensions != nil
                    dimensions = try naturals("the shape of '\(name)'", &scanner, limit: limits.rank)
                case "data_offsets":
                    isRepeated = offsets != nil
                    offsets = try naturals("data_offsets of '\(name)'", &scanner, limit: 2)
                default:
                    isRepeated = false
                    try scanner.skipValue()
                }
                if isRepeated { throw fault(name, scanner, offset, "'\(key)' is given twice") }
            }
            guard let type, let dimensions, let offsets, offsets.count == 2 else {
                throw fault(name, scanner, nil, "dtype, shape and data_offsets (two numbers) are all needed")
            }
            entries.append(try entry(name, type, dimensions, offsets[0], offsets[1], scanner))
        }

        private func entry(
            _ name: String, _ type: String, _ dimensions: [Int], _ begin: Int, _ end: Int, _ scanner: JSONScanner
        ) throws(DreamSimError) -> Entry {
            guard let elementType = ElementType(rawValue: type) else {
                let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
                throw fault(name, scanner, nil, kind: .unsupported, "unknown dtype '\(type)'; known are \(known)")
            }
            guard let shape = Shape(checking: dimensions) else {
                throw fault(name, scanner, nil, "the number of elements of shape \(dimensions) overflows")
            }
            let (size, overflow) = shape.count.multipliedReportingOverflow(by: elementType.byteCount)
            guard !overflow else {
                throw fault(name, scanner, nil, "the number of bytes of shape \(shape) overflows")
            }
            guard begin <= end else {
                throw fault(name, scanner, nil, "data_offsets [\(begin), \(end)] run backwards")
            }
            guard end - begin == size else {
                throw fault(
                    name, scanner, nil,
                    "data_offsets [\(begin), \(end)] span \(end - begin) bytes; \(type) of shape \(shape) needs \(size)"
                )
            }
            return Entry(name: name, elementType: elementType, shape: shape, begin: begin, end: end)
        }

        private func naturals(
            _ what: String, _ scanner: inout JSONScanner, limit: Int
        ) throws(DreamSimError) -> [Int] {
            var numbers: [Int] = []
            try scanner.array(what) { (scanner) throws(DreamSimError) in
                guard numbers.count < limit else {
                    throw scanner.cursor.fault(.malformed, "\(what) has more than \(limit) numbers")
                }
                numbers.append(try scanner.natural("a number of \(what)"))
            }
            return numbers
        }

        private func fault(
            _ key: String, _ scanner: JSONScanner, _ offset: Int?, kind: DreamSimError.Kind = .malformed,
            _ reason: String
        ) -> DreamSimError {
            let place = scanner.cursor.origin + (offset ?? scanner.cursor.position)
            return DreamSimError(kind, path, key: key, offset: place, reason)
        }
    }
}
