/// A table of comma-separated values with named columns, as strict as data that people are judged by should be.
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
    /// - Parameter broken: called with each row that cannot be read, by its line, and passes it over; without it, the first
    ///   such row is an error.
    /// - Throws: `DreamSimError` with `.unreadable`, `.malformed` or `.empty`.
    init(contentsOf file: ImagePath, broken: ((_ line: Int, _ reason: String) -> Void)? = nil) throws(DreamSimError) {
        let bytes: [UInt8]
        do {
            bytes = try RegularFile.read(rawPath: file.bytes, byteLimit: Self.byteLimit)
        } catch {
            throw DreamSimError(.unreadable, "\(file)", "\((error as DreamSimError).reason)")
        }
        try self.init(bytes, path: "\(file)", broken: broken)
    }

    init(
        _ bytes: [UInt8], path: String, broken: ((_ line: Int, _ reason: String) -> Void)? = nil
    ) throws(DreamSimError) {
        self.path = path
        let text: DelimitedText
        do {
            text = try DelimitedText(bytes)
        } catch {
            throw DreamSimError(.malformed, path, line: 1, "\(error)")
        }
        guard !text.columns.isEmpty else {
            throw DreamSimError(.empty, path, "the file is empty; its first line must name the columns")
        }
        columns = text.columns.map { $0.trimming() }
        var names: Set<String> = []
        for name in columns where !names.insert(name).inserted {
            throw DreamSimError(.malformed, path, line: 1, "two columns are called '\(name)'")
        }
        var rows: [Row] = []
        for index in 0..<text.count {
            let line = text.line(of: index)
            let reason: String
            do {
                let fields = try text.fields(of: index)
                if fields.count == columns.count {
                    rows.append(Row(cells: fields.map(Self.text), line: line))
                    continue
                }
                reason =
                    "has \(fields.count) \(fields.count == 1 ? "field" : "fields"), the first line names \(columns.count) columns"
            } catch {
                reason = "\(error)"
            }
            guard let broken else { throw DreamSimError(.malformed, path, line: line, reason) }
            broken(line, reason)
        }
        self.rows = rows
    }

    private static func text(_ bytes: [UInt8]) -> String {
        bytes.allSatisfy { $0 < 128 } ? String(decoding: bytes, as: UTF8.self) : ImagePath.text(bytes)
    }

    /// The place of a column.
    /// - Throws: `DreamSimError` with `.missingColumn`, naming the columns there are.
    func column(_ name: String) throws(DreamSimError) -> Int {
        guard let index = columns.firstIndex(of: name) else {
            throw DreamSimError(
                .missingColumn, path,
                "has no column '\(name)'; its columns are \(columns.prefix(50).joined(separator: ", "))"
                    + (columns.count > 50 ? " and \(columns.count - 50) more" : ""))
        }
        return index
    }

    /// The place of a column that need not be there.
    func optionalColumn(_ name: String) -> Int? { columns.firstIndex(of: name) }

    /// A cell as a number.
    /// - Parameter words: what else it may be, for people.
    /// - Throws: `DreamSimError` with `.badValue` when it is none, or outside the range.
    func number(
        _ row: Row, _ column: Int, in range: ClosedRange<Double>, or words: String? = nil
    ) throws(DreamSimError) -> Double {
        let text = row.cells[column].trimming()
        guard let value = Double(text), range.contains(value) else {
            throw DreamSimError(
                .badValue, path, line: row.line,
                "'\(text)' in column '\(columns[column])' is not a number from \(range.lowerBound) to \(range.upperBound)"
                    + (words.map { ", nor \($0)" } ?? "")
            )
        }
        return value
    }

    /// A cell as yes or no.
    func flag(_ row: Row, _ column: Int) throws(DreamSimError) -> Bool {
        switch row.cells[column].trimming().lowercased() {
        case "true", "1", "yes", "1.0": return true
        case "false", "0", "no", "0.0": return false
        case let other:
            throw DreamSimError(
                .badValue, path, line: row.line, "'\(other)' in column '\(columns[column])' is neither True nor False")
        }
    }

    /// A cell as the path of an image, relative to a folder.
    func image(_ row: Row, _ column: Int, in folder: ImagePath) throws(DreamSimError) -> ImagePath {
        let path = ImagePath(row.cells[column].trimming())
        guard !path.bytes.isEmpty, !path.bytes.contains(0) else {
            throw DreamSimError(.badValue, self.path, line: row.line, "column '\(columns[column])' names no file")
        }
        return folder.resolving(path)
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
