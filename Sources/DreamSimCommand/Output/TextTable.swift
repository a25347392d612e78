/// Columns of text, aligned for people.
struct TextTable {
    enum Alignment {
        case left
        case right
    }

    private let alignments: [Alignment]
    private var rows: [[String]]

    init(_ columns: [(title: String, alignment: Alignment)]) {
        alignments = columns.map(\.alignment)
        rows = [columns.map(\.title)]
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The table's lines; the titles are the first, unless only results are wanted.
    func lines(quiet: Bool = false) -> [String] {
        let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.dropFirst(quiet ? 1 : 0).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += (column > 0 ? "  " : "") + (alignments[column] == .right ? padding + cell : cell + padding)
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
