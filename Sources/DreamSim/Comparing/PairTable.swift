import Imaging

/// Pairs of files from comma-separated values (RFC 4180): columns `a` and `b` name the files, all others are carried
/// through to the results. Semicolons and tabs separate fields too, where the first line has no comma.
///
/// Relative paths begin at the table's folder. A row that cannot be used is a failure of its own and does not stop the
/// others. Only where rows begin is remembered, so that tables of millions of rows are no burden.
public struct PairTable: Sendable {
    /// A row.
    public struct Row: Sendable {
        /// The files, or what is wrong with the row.
        public let pair: Result<ImagePair, PairFailure>
        /// The fields, one a column; too few or too many in a broken row.
        public let fields: [String]
        /// The line on which it begins, from 1.
        public let line: Int
    }

    /// The table's file.
    public let path: ImagePath
    /// The names of the columns, as the first line has them.
    public let columns: [String]
    private let (first, second): (Int, Int)
    private let bytes: [UInt8]
    private let starts: [(offset: Int, line: Int)]
    private let separator: UInt8
    /// The largest table that is read, in bytes.
    private static let byteLimit = 1 << 30

    /// Reads a table.
    /// - Throws: `ImagingError` when the file cannot be read; `DreamSimError` with `.badTable` when it is empty or has no
    ///   columns `a` and `b`.
    public init(contentsOf path: ImagePath) throws {
        try self.init(RegularFile.read(rawPath: path.bytes, byteLimit: Self.byteLimit), path: path)
    }

    /// Takes a table's bytes.
    /// - Parameter path: names the table in errors; its folder is where relative paths begin.
    /// - Throws: `DreamSimError` with `.badTable`.
    public init(_ bytes: [UInt8], path: ImagePath) throws(DreamSimError) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let end = bytes[start...].firstIndex { $0 == Self.newline || $0 == Self.carriage } ?? bytes.endIndex
        separator =
            [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
            .first { bytes[start..<end].contains($0) } ?? UInt8(ascii: ",")
        (self.bytes, self.path) = (bytes, path)
        var starts = Self.starts(of: bytes, from: start)[...]
        guard let header = starts.popFirst() else {
            throw DreamSimError(
                .badTable, "\(path)", "is empty; its first line must name the columns, a and b among them")
        }
        let names = Self.fields(of: bytes, from: header.offset, separator).fields.map {
            String(decoding: $0, as: UTF8.self)
        }
        func place(_ name: String) -> Int? { names.firstIndex { $0.trimming().lowercased() == name } }
        guard let first = place("a"), let second = place("b") else {
            throw DreamSimError(
                .badTable, "\(path)",
                "the first line must name the columns a and b, it names \(names.joined(separator: ", "))")
        }
        (columns, self.first, self.second, self.starts) = (names, first, second, Array(starts))
    }

    /// The number of rows below the first line; empty ones do not count.
    public var count: Int { starts.count }

    /// The row of an index.
    public subscript(index: Int) -> Row {
        let (offset, line) = starts[index]
        let (fields, isClosed) = Self.fields(of: bytes, from: offset, separator)
        func failure(_ reason: String) -> Result<ImagePair, PairFailure> {
            .failure(PairFailure(image: nil, description: "\(path), line \(line): \(reason)"))
        }
        var pair: Result<ImagePair, PairFailure>
        if !isClosed {
            pair = failure("a quotation mark is not closed before the end of the file")
        } else if fields.count != columns.count {
            pair = failure("has \(fields.count) fields, the first line names \(columns.count) columns")
        } else if fields[first].isEmpty || fields[second].isEmpty {
            pair = failure("column \(columns[fields[first].isEmpty ? first : second]) names no file")
        } else {
            pair = .success(ImagePair(resolved(fields[first]), resolved(fields[second])))
        }
        return Row(pair: pair, fields: fields.map { ImagePath(bytes: $0).description }, line: line)
    }

    private func resolved(_ field: [UInt8]) -> ImagePath {
        let slash = UInt8(ascii: "/")
        guard field.first != slash, let end = path.bytes.lastIndex(of: slash) else { return ImagePath(bytes: field) }
        return ImagePath(bytes: path.bytes[...end] + field)
    }

    private static let (newline, carriage, quote) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\""))

    /// Where the lines begin that are not empty and not inside of quotation marks.
    private static func starts(of bytes: [UInt8], from start: Int) -> [(offset: Int, line: Int)] {
        var result: [(offset: Int, line: Int)] = []
        var (line, isQuoted, isEmpty, begin, beginLine) = (1, false, true, start, 1)
        for i in start..<bytes.count {
            let byte = bytes[i]
            // A carriage return ends a line only where no newline follows.
            let isEnd = byte == newline || (byte == carriage && (i + 1 == bytes.count || bytes[i + 1] != newline))
            if byte == quote { isQuoted.toggle() }
            if isEnd {
                line += 1
                if isQuoted { continue }
                if !isEmpty { result.append((begin, beginLine)) }
                (isEmpty, begin, beginLine) = (true, i + 1, line)
            } else if byte != carriage {
                isEmpty = false
            }
        }
        if !isEmpty { result.append((begin, beginLine)) }
        return result
    }

    /// The fields of a row, and whether every quotation mark is closed.
    private static func fields(of bytes: [UInt8], from start: Int, _ separator: UInt8) -> (
        fields: [[UInt8]], isClosed: Bool
    ) {
        var fields: [[UInt8]] = [[]]
        var (i, isQuoted) = (start, false)
        while i < bytes.count {
            let byte = bytes[i]
            if isQuoted {
                if byte == quote, i + 1 < bytes.count, bytes[i + 1] == quote {
                    fields[fields.count - 1].append(quote)
                    i += 1
                } else if byte == quote {
                    isQuoted = false
                } else {
                    fields[fields.count - 1].append(byte)
                }
            } else if byte == quote {
                isQuoted = true
            } else if byte == separator {
                fields.append([])
            } else if byte == newline || byte == carriage {
                break
            } else {
                fields[fields.count - 1].append(byte)
            }
            i += 1
        }
        return (fields, !isQuoted)
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate func trimming() -> String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
