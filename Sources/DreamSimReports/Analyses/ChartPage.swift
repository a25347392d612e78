/// A page with a chart, what its series are, and all numbers, which needs nothing else.
enum ChartPage {
    private static let style = """
        body { font: 15px/1.5 Inter, "Noto Sans", "DejaVu Sans", sans-serif; color: #16202c; margin: 2rem auto; max-width: 1200px; padding: 0 1rem; }
        svg { max-width: 100%; height: auto; }
        table { border-collapse: collapse; font-size: 13px; }
        th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #e3e7ec; }

        """

    /// - Parameters:
    ///   - title: plain text.
    ///   - svg: the chart.
    ///   - key: what the series are, a line each.
    ///   - rows: the numbers; the first row names the columns.
    static func html(title: String, svg: String, key: [String], rows: [[String]]) -> String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\(HTML.escaped($0))</\(tag)>" }.joined() + "</tr>"
        }
        return HTML.page(
            title: title, style: Array(style.utf8),
            body: """
                \(svg)
                <ul>
                \(key.map { "<li>\(HTML.escaped($0))</li>\n" }.joined())</ul>
                <details><summary>All \(rows.count - 1) measurements</summary>
                <table><thead>\(row(rows[0], "th"))</thead>
                <tbody>
                \(rows.dropFirst().map { row($0, "td") + "\n" }.joined())</tbody></table></details>
                """)
    }
}
