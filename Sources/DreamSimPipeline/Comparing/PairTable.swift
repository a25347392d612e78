/// Pairs of files from comma-separated values (RFC 4180): columns `a` and `b` name the files, all others are carried
/// through to the results. Semicolons and tabs separate fields too, where the first line has no comma.
///
/// Relative paths begin at the table's folder. A row that cannot be used is a failure of its own and does not stop the
/// others.
package struct PairTable: Sendable {
    /// A row.
    package struct Row: Sendable {
        /// The files, or what is wrong with the row.
        package let pair: Result<ImagePair, PairFailure>
        /// The fields, one a column; none, too few or too many in a broken row.
        package let fields: [String]
        /// The line on which it begins, from 1.
        package let line: Int
    }

    /// The table's file.
    package let path: ImagePath
    private let text: DelimitedText
    private let (first, second): (Int, Int)
    /// The largest table that is read, in bytes.
    private static let byteLimit = 1 << 30

    /// Reads a table.
    /// - Throws: `DreamSimError` when the file cannot be read; `DreamSimError` with `.badTable` when it is empty or has no
    ///   columns `a` and `b`.
    package init(contentsOf path: ImagePath) throws {
        try self.init(RegularFile.read(rawPath: path.bytes, byteLimit: Self.byteLimit), path: path)
    }

    /// Takes a table's bytes.
    /// - Parameter path: names the table in errors; its folder is where relative paths begin.
    /// - Throws: `DreamSimError` with `.badTable`.
    package init(_ bytes: [UInt8], path: ImagePath) throws(DreamSimError) {
        self.path = path
        do {
            text = try DelimitedText(bytes)
        } catch {
            throw DreamSimError(.badTable, "\(path)", "\(error)")
        }
        let names = text.columns
        guard !names.isEmpty else {
            throw DreamSimError(
                .badTable, "\(path)", "is empty; its first line must name the columns, a and b among them")
        }
        func place(_ name: String) -> Int? { names.firstIndex { $0.trimming().lowercased() == name } }
        guard let first = place("a"), let second = place("b") else {
            throw DreamSimError(
                .badTable, "\(path)",
                "the first line must name the columns a and b, it names \(ImagePath(names.joined(separator: ", ")).description.prefix(200))"
            )
        }
        (self.first, self.second) = (first, second)
    }

    /// The names of the columns, as the first line has them.
    package var columns: [String] { text.columns }

    /// The number of rows below the first line; empty ones do not count.
    package var count: Int { text.count }

    /// The row of an index.
    package subscript(index: Int) -> Row {
        let line = text.line(of: index)
        func failure(_ reason: String) -> Result<ImagePair, PairFailure> {
            .failure(PairFailure(image: nil, error: DreamSimError(.badTable, "\(path)", line: line, reason)))
        }
        let fields: [[UInt8]]
        do {
            fields = try text.fields(of: index)
        } catch {
            return Row(pair: failure("\(error)"), fields: [], line: line)
        }
        let pair: Result<ImagePair, PairFailure>
        if fields.count != columns.count {
            pair = failure("has \(fields.count) fields, the first line names \(columns.count) columns")
        } else if fields[first].isEmpty || fields[second].isEmpty {
            pair = failure("column \(columns[fields[first].isEmpty ? first : second]) names no file")
        } else {
            pair = .success(ImagePair(resolved(fields[first]), resolved(fields[second])))
        }
        return Row(pair: pair, fields: fields.map { ImagePath(bytes: $0).exact }, line: line)
    }

    private func resolved(_ field: [UInt8]) -> ImagePath {
        let slash = UInt8(ascii: "/")
        guard field.first != slash, let end = path.bytes.lastIndex(of: slash) else { return ImagePath(bytes: field) }
        return ImagePath(bytes: path.bytes[...end] + field)
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate func trimming() -> String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
