import DreamSim
import Imaging

/// A table of comma-separated values (RFC 4180) with named columns.
struct Table {
    /// A row: its cells, and the line of the file on which it begins.
    struct Row {
        let cells: [String]
        let line: Int
    }

    let path: String
    let columns: [String]
    let rows: [Row]
    /// The largest table that is read, in bytes.
    private static let byteLimit = 512 << 20

    /// Reads a table.
    /// - Throws: `EvaluationError` with `.unreadable`, `.malformed` or `.empty`.
    init(contentsOf file: ImagePath) throws(EvaluationError) {
        let bytes: [UInt8]
        do {
            bytes = try RegularFile.read(rawPath: file.bytes, byteLimit: Self.byteLimit)
        } catch {
            throw EvaluationError(.unreadable, "\(file)", "\((error as ImagingError).reason)")
        }
        try self.init(bytes, path: "\(file)")
    }

    init(_ bytes: [UInt8], path: String) throws(EvaluationError) {
        self.path = path
        var scanner = Scanner(bytes: bytes, path: path)
        guard let header = try scanner.row() else {
            throw EvaluationError(.empty, path, "the file is empty; its first line must name the columns")
        }
        columns = header.cells.map { $0.trimming() }
        for (index, name) in columns.enumerated() where columns[..<index].contains(name) {
            throw EvaluationError(.malformed, path, line: 1, "two columns are called '\(name)'")
        }
        var rows: [Row] = []
        while let row = try scanner.row() {
            if row.cells.count == 1 && row.cells[0].isEmpty { continue }
            guard row.cells.count == columns.count else {
                throw EvaluationError(
                    .malformed, path, line: row.line,
                    "has \(row.cells.count) fields, the first line names \(columns.count) columns")
            }
            rows.append(row)
        }
        self.rows = rows
    }

    /// The place of a column.
    /// - Throws: `EvaluationError` with `.missingColumn`, naming the columns there are.
    func column(_ name: String) throws(EvaluationError) -> Int {
        guard let index = columns.firstIndex(of: name) else {
            throw EvaluationError(
                .missingColumn, path, "has no column '\(name)'; its columns are \(columns.joined(separator: ", "))")
        }
        return index
    }

    /// The place of a column that need not be there.
    func optionalColumn(_ name: String) -> Int? { columns.firstIndex(of: name) }

    /// A cell as a number.
    /// - Throws: `EvaluationError` with `.badValue` when it is none, or outside the range.
    func number(_ row: Row, _ column: Int, in range: ClosedRange<Double>) throws(EvaluationError) -> Double {
        let text = row.cells[column].trimming()
        guard let value = Double(text), range.contains(value) else {
            throw EvaluationError(
                .badValue, path, line: row.line,
                "'\(text)' in column '\(columns[column])' is not a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// A cell as yes or no.
    func flag(_ row: Row, _ column: Int) throws(EvaluationError) -> Bool {
        switch row.cells[column].trimming().lowercased() {
        case "true", "1", "yes", "1.0": return true
        case "false", "0", "no", "0.0": return false
        case let other:
            throw EvaluationError(
                .badValue, path, line: row.line, "'\(other)' in column '\(columns[column])' is neither True nor False")
        }
    }

    /// A cell as the path of a picture, relative to a folder.
    func image(_ row: Row, _ column: Int, in folder: ImagePath) throws(EvaluationError) -> ImagePath {
        let path = ImagePath(row.cells[column].trimming())
        guard !path.bytes.isEmpty, !path.bytes.contains(0) else {
            throw EvaluationError(.badValue, self.path, line: row.line, "column '\(columns[column])' names no file")
        }
        return folder.resolving(path)
    }

    private struct Scanner {
        let bytes: [UInt8]
        let path: String
        var position: Int
        var line = 1

        init(bytes: [UInt8], path: String) {
            self.bytes = bytes
            self.path = path
            // A byte order mark, as spreadsheets write it.
            position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        }

        /// The next row; nil at the end.
        mutating func row() throws(EvaluationError) -> Row? {
            guard position < bytes.count else { return nil }
            let start = line
            var cells: [String] = []
            while true {
                cells.append(try cell())
                guard position < bytes.count else { break }
                let byte = bytes[position]
                position += 1
                if byte == UInt8(ascii: ",") { continue }
                if byte == 13, position < bytes.count, bytes[position] == 10 { position += 1 }
                line += 1
                break
            }
            return Row(cells: cells, line: start)
        }

        private mutating func cell() throws(EvaluationError) -> String {
            let quote = UInt8(ascii: "\"")
            guard position < bytes.count, bytes[position] == quote else {
                let start = position
                while position < bytes.count, ![UInt8(ascii: ","), 10, 13].contains(bytes[position]) { position += 1 }
                return Self.text(bytes[start..<position])
            }
            let start = line
            position += 1
            var content: [UInt8] = []
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte == quote {
                    guard position < bytes.count, bytes[position] == quote else {
                        guard position == bytes.count || [UInt8(ascii: ","), 10, 13].contains(bytes[position]) else {
                            throw EvaluationError(.malformed, path, line: line, "text follows a closing quote")
                        }
                        return Self.text(content[...])
                    }
                    position += 1
                }
                if byte == 10 { line += 1 }
                content.append(byte)
            }
            throw EvaluationError(.malformed, path, line: start, "a quoted field never ends")
        }

        private static func text(_ bytes: ArraySlice<UInt8>) -> String {
            let isPlain = bytes.allSatisfy { $0 < 128 }
            return isPlain ? String(decoding: bytes, as: UTF8.self) : ImagePath.text(bytes)
        }
    }
}

extension String {
    /// The text without spaces and tabs at its ends.
    func trimming() -> String {
        guard let first = firstIndex(where: { !" \t".contains($0) }) else { return "" }
        let last = lastIndex(where: { !" \t".contains($0) }) ?? first
        return String(self[first...last])
    }
}

extension ImagePath {
    /// A path relative to this folder; an absolute one stays as it is.
    func resolving(_ path: ImagePath) -> ImagePath {
        path.bytes.first == UInt8(ascii: "/") ? path : appending(path.bytes)
    }

    /// The folder that holds the file.
    var parent: ImagePath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return ImagePath(".") }
        return ImagePath(bytes: slash == 0 ? [UInt8(ascii: "/")] : Array(bytes[..<slash]))
    }

    /// The path without slashes at its end, so that a folder has a name.
    var withoutTrailingSlashes: ImagePath {
        var bytes = bytes
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return ImagePath(bytes: bytes)
    }

    /// The name without what follows the last dot.
    var stem: String {
        let name = name
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }
}
