/// A reference and two images: a person judges which is more similar to it.
package struct UnjudgedTriplet: Sendable, Hashable {
    /// What tells it from the others of its table.
    package let id: String
    /// What the others are compared with.
    package let reference: ImagePath
    /// One of the two, as the table has it.
    package let left: ImagePath
    /// The other.
    package let right: ImagePath
    /// The part of the set that the table puts it in; nil where it has no column `split`.
    package let split: String?
    /// The paths as the table has them: reference, left, right.
    let cells: [String]

    /// The images: reference, left, right.
    var images: [ImagePath] { [reference, left, right] }

    /// Reads a table with the columns `ref`, `left` and `right`; `id` and `split` may be there, others are passed over.
    /// - Parameters:
    ///   - file: the table; paths in it are relative to its folder.
    ///   - root: a folder beside the table's own in which images may lie.
    /// - Throws: `DreamSimError`, naming the line: for a table that breaks the rules, for an image that is not there,
    ///   and for one that lies outside both folders.
    static func all(in file: ImagePath, root: ImagePath?) throws(DreamSimError) -> [UnjudgedTriplet] {
        let table = try Table(contentsOf: file)
        var columns: [Int] = []
        for name in ["ref", "left", "right"] { columns.append(try table.column(name)) }
        let (id, split) = (table.optionalColumn("id"), table.optionalColumn("split"))
        let folders = [file.parent.real, root?.real].compactMap(\.self)
        var triplets: [UnjudgedTriplet] = []
        var ids: Set<String> = []
        for row in table.rows {
            func fault(_ kind: DreamSimError.Kind, _ reason: String) -> DreamSimError {
                DreamSimError(kind, table.path, line: row.line, reason)
            }
            var images: [ImagePath] = []
            for column in columns {
                let image = try table.image(row, column, in: file.parent)
                guard let real = image.real else {
                    throw fault(
                        .unreadable, "there is no image '\(row.cells[column])'; paths are relative to the table")
                }
                guard folders.contains(where: { real.isInside($0) }) else {
                    throw fault(
                        .badValue,
                        "'\(row.cells[column])' lies outside the table's folder; allow its folder or move it"
                    )
                }
                images.append(image)
            }
            guard images[1] != images[2], images[0] != images[1], images[0] != images[2] else {
                throw fault(.badValue, "names the same image twice; nobody could choose")
            }
            let cells = columns.map { row.cells[$0].trimming() }
            let triplet = UnjudgedTriplet(
                id: id.map { row.cells[$0].trimming() } ?? digest(of: cells), reference: images[0], left: images[1],
                right: images[2], split: split.map { row.cells[$0].trimming() }, cells: cells)
            guard !triplet.id.isEmpty, ids.insert(triplet.id).inserted else {
                throw fault(
                    .duplicate,
                    id == nil ? "is the same triplet as an earlier line" : "has no id, or one of an earlier line")
            }
            triplets.append(triplet)
        }
        guard !triplets.isEmpty else {
            throw DreamSimError(.empty, table.path, "has no triplets; a line is 'reference,left,right'")
        }
        return triplets
    }

    /// Follows from the paths alone, so that lines may be added and moved between two sittings.
    private static func digest(of cells: [String]) -> String {
        String(SHA256Digest.hex(of: Array(cells.joined(separator: "\u{0}").utf8)).prefix(12))
    }
}
