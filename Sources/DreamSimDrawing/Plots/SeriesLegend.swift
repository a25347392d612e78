import DreamSimImages

/// The names of series beside their signs, in as many rows as they need.
struct SeriesLegend {
    private static let style = TextStyle(size: 13, color: SheetPalette.ink)
    private static let rowHeight = 24.0

    private let names: [String]
    private let rows: [[Int]]

    /// - Parameter width: how much room a row has, in pixels.
    init(_ names: [String], width: Double) {
        var rows: [[Int]] = [[]]
        var used = 0.0
        for (index, name) in names.enumerated() {
            let own = 60 + Double(Canvas.width(of: name, style: Self.style))
            if used + own > width + 26, !rows[rows.count - 1].isEmpty {
                rows.append([])
                used = 0
            }
            rows[rows.count - 1].append(index)
            used += own
        }
        (self.names, self.rows) = (names, rows)
    }

    var height: Double { Double(rows.count) * Self.rowHeight }

    /// - Parameter hasLines: whether the signs lie on lines, as in the charts.
    func draw(at origin: VectorDrawing.Point, hasLines: Bool, on drawing: inout VectorDrawing) {
        for (row, items) in rows.enumerated() {
            var x = origin.x
            let y = origin.y + Double(row) * Self.rowHeight
            for item in items {
                let middle = y + Double(Self.style.lineHeight) / 2
                if hasLines {
                    drawing.marks.append(
                        .line([.init(x, middle), .init(x + 26, middle)], width: 2, color: LineCharts.color(item)))
                }
                drawing.marks.append(LineCharts.marker(item, at: .init(x + 13, middle), size: 4))
                drawing.marks.append(
                    .text(names[item], origin: .init(x + 34, y), style: Self.style, alignment: .leading))
                x += 34 + Double(Canvas.width(of: names[item], style: Self.style)) + 26
            }
        }
    }
}
