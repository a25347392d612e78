/// Comma-separated values (RFC 4180) as bytes: the first line names the columns. Semicolons and tabs separate fields too,
/// where the first line has no comma; a byte order mark is passed over, and empty lines do not count.
///
/// Only where rows begin is remembered, so that tables of millions of rows are no burden.
package struct DelimitedText: Sendable {
    /// The names of the columns, as the first line has them; empty in an empty file.
    package let columns: [String]
    private let bytes: [UInt8]
    private let separator: UInt8
    private let starts: [(offset: Int, line: Int)]

    /// What makes a row unreadable.
    package enum Fault: Error, CustomStringConvertible {
        case openQuotation
        case textAfterQuotation
        case utf16
        case noText

        package var description: String {
            switch self {
            case .openQuotation: "a quotation mark is not closed before the end of the file"
            case .textAfterQuotation: "text follows a closing quotation mark"
            case .utf16: "the text is UTF-16; save it as UTF-8"
            case .noText: "these bytes are no text; name a table of comma-separated values"
            }
        }
    }

    /// Finds the rows.
    /// - Throws: `Fault` when these bytes are no text that is read, or the first line cannot be.
    package init(_ bytes: [UInt8]) throws(Fault) {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { throw .utf16 }
        if bytes.prefix(4096).contains(0) { throw .noText }
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let end = bytes[start...].firstIndex { $0 == Self.newline || $0 == Self.carriage } ?? bytes.endIndex
        separator =
            [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
            .first { bytes[start..<end].contains($0) } ?? UInt8(ascii: ",")
        self.bytes = bytes
        var starts: [(offset: Int, line: Int)] = []
        var scanner = Scanner(bytes, at: start, separator)
        while !scanner.isAtEnd {
            let begin = (scanner.position, scanner.line)
            if scanner.passRow() { starts.append(begin) }
        }
        self.starts = Array(starts.dropFirst())
        guard let header = starts.first else {
            columns = []
            return
        }
        var first = Scanner(bytes, at: header.offset, separator)
        columns = try first.row().map(ImagePath.text)
    }

    /// The number of rows below the first line.
    package var count: Int { starts.count }

    /// The line on which a row begins, from 1.
    package func line(of row: Int) -> Int { starts[row].line }

    /// The fields of a row.
    package func fields(of row: Int) throws(Fault) -> [[UInt8]] {
        var scanner = Scanner(bytes, at: starts[row].offset, separator)
        return try scanner.row()
    }

    private static let (newline, carriage, quote) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\""))

    /// Walks over rows.
    private struct Scanner {
        let bytes: [UInt8]
        let separator: UInt8
        var position: Int
        var line = 1

        init(_ bytes: [UInt8], at position: Int, _ separator: UInt8) {
            (self.bytes, self.position, self.separator) = (bytes, position, separator)
        }

        var isAtEnd: Bool { position == bytes.count }

        private func endsField(_ byte: UInt8) -> Bool { byte == separator || byte == newline || byte == carriage }

        /// Goes past a field and gives each byte of its content; a quotation mark means something only at its beginning.
        private mutating func passField(_ take: (UInt8) -> Void) throws(Fault) {
            guard !isAtEnd, bytes[position] == quote else {
                while !isAtEnd, !endsField(bytes[position]) {
                    take(bytes[position])
                    position += 1
                }
                return
            }
            position += 1
            while !isAtEnd {
                let byte = bytes[position]
                position += 1
                if byte == quote {
                    guard !isAtEnd, bytes[position] == quote else {
                        guard isAtEnd || endsField(bytes[position]) else { throw .textAfterQuotation }
                        return
                    }
                    position += 1
                }
                if byte == newline { line += 1 }
                take(byte)
            }
            throw .openQuotation
        }

        /// Goes past what follows a field.
        /// - Returns: whether the row continues.
        private mutating func passEnd() -> Bool {
            guard !isAtEnd else { return false }
            let byte = bytes[position]
            position += 1
            if byte == separator { return true }
            if byte == carriage, !isAtEnd, bytes[position] == newline { position += 1 }
            line += 1
            return false
        }

        mutating func row() throws(Fault) -> [[UInt8]] {
            var fields: [[UInt8]] = []
            repeat {
                var field: [UInt8] = []
                try passField { field.append($0) }
                fields.append(field)
            } while passEnd()
            return fields
        }

        /// Goes to the next row; a faulty one ends with its line.
        /// - Returns: whether there was anything in the row.
        mutating func passRow() -> Bool {
            var (isFirst, count) = (true, 0)
            repeat {
                if !isFirst { count += 1 }
                isFirst = false
                do {
                    try passField { _ in count += 1 }
                } catch {
                    while !isAtEnd, bytes[position] != newline, bytes[position] != carriage { position += 1 }
                    count += 1
                }
            } while passEnd()
            return count > 0
        }

        private var newline: UInt8 { DelimitedText.newline }
        private var carriage: UInt8 { DelimitedText.carriage }
        private var quote: UInt8 { DelimitedText.quote }
    }
}
