extension JudgedSet {
    /// Reads one's own triplets from a table with the columns `ref`, `left`, `right` and `vote`.
    ///
    /// ```csv
    /// ref,left,right,vote
    /// photos/a.jpg,photos/a-blurred.jpg,photos/a-cropped.jpg,1
    /// photos/b.jpg,photos/b-blurred.jpg,photos/b-cropped.jpg,left
    /// photos/c.jpg,photos/c-blurred.jpg,photos/c-cropped.jpg,0.25
    /// ```
    /// `vote` is the share of people who found the right one more like the reference: 0 to 1, or `left` or `right`.
    /// Columns that may be there: `id`, `weight` (how much a row counts), `split` and `group`.
    /// - Parameters:
    ///   - file: the table; paths in it are relative to its folder.
    ///   - split: keeps the rows whose `split` is this; all when nil.
    ///   - name: what the set is called; the file's name when nil.
    /// - Throws: `DreamSimError`, naming the column or line.
    public static func triplets(
        _ file: ImagePath, split: String? = nil, name: String? = nil
    ) throws(DreamSimError) -> JudgedSet {
        try table(file, images: ["ref", "left", "right"], split: split, name: name, layout: "triplets") {
            (table, row, column) throws(DreamSimError) in
            switch row.cells[column].trimming().lowercased() {
            case "left": .rightShare(0)
            case "right": .rightShare(1)
            default: .rightShare(try table.number(row, column, in: 0...1, or: "left or right"))
            }
        }
    }

    /// Reads labeled pairs from a table with the columns `a`, `b` and `same`, which is 1 (or yes) for pairs that are
    /// the same and 0 (or no) for others, or a share of people between.
    ///
    /// Columns that may be there: `id`, `weight`, `split` and `group`.
    /// - Parameters:
    ///   - file: the table; paths in it are relative to its folder.
    ///   - split: keeps the rows whose `split` is this; all when nil.
    ///   - name: what the set is called; the file's name when nil.
    /// - Throws: `DreamSimError`, naming the column or line.
    public static func pairs(
        _ file: ImagePath, split: String? = nil, name: String? = nil
    ) throws(DreamSimError) -> JudgedSet {
        try table(file, images: ["a", "b"], split: split, name: name, layout: "pairs") {
            (table, row, column) throws(DreamSimError) in
            switch row.cells[column].trimming().lowercased() {
            case "yes", "true", "same": .sameShare(1)
            case "no", "false", "different": .sameShare(0)
            default: .sameShare(try table.number(row, column, in: 0...1))
            }
        }
    }

    private static func table(
        _ file: ImagePath, images names: [String], split: String?, name: String?, layout: String,
        judgment: (Table, Table.Row, Int) throws(DreamSimError) -> JudgedItem.Judgment
    ) throws(DreamSimError) -> JudgedSet {
        let table = try Table(contentsOf: file)
        let isPair = names.count == 2
        let verdict = try table.column(isPair ? "same" : "vote")
        var images: [Int] = []
        for name in names { images.append(try table.column(name)) }
        let splits = split == nil ? table.optionalColumn("split") : try table.column("split")
        let (id, weight) = (table.optionalColumn("id"), table.optionalColumn("weight"))
        let group = table.optionalColumn("group")
        var items: [JudgedItem] = []
        var leftOut = 0
        for row in table.rows {
            if let split, let splits, row.cells[splits].trimming() != split {
                leftOut += 1
                continue
            }
            var paths: [ImagePath] = []
            for column in images { paths.append(try table.image(row, column, in: file.parent)) }
            let labels = [splits, group].compactMap { $0.map { row.cells[$0].trimming() } }.filter { !$0.isEmpty }
            items.append(
                JudgedItem(
                    id: id.map { row.cells[$0].trimming() } ?? "\(row.line)", images: paths,
                    judgment: try judgment(table, row, verdict),
                    weight: try weight.map { (column) throws(DreamSimError) in
                        try table.number(row, column, in: 0...1e12)
                    } ?? 1, labels: labels, line: row.line))
        }
        return try JudgedSet(
            name: name ?? file.stem, layout: layout, root: file,
            selection: split.map { "split \($0)" } ?? "all rows", task: isPair ? .sameOrNot : .twoAlternatives,
            items: items, leftOut: leftOut)
    }
}
