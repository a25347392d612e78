import DreamSim

/// A report in the layouts that people and programs ask for: a type says what the lines are, the layouts are made here.
protocol ReportOutput {
    associatedtype Report: Encodable
    associatedtype Line: Encodable

    /// What JSON holds.
    var report: Report { get }
    /// What made the numbers.
    var metrics: [MetricColumn] { get }
    /// The lines of NDJSON.
    var lines: [Line] { get }
    /// What made the numbers of a line, which says so; all metrics unless a type knows better.
    func metrics(of line: Line) -> [MetricColumn]
    /// The rows of CSV; the first names the columns.
    var rows: [[String]] { get }
    /// The lines for people.
    /// - Parameter quiet: whether only results are wanted, without titles and legends.
    func table(quiet: Bool) -> [String]
}

extension ReportOutput {
    func metrics(of line: Line) -> [MetricColumn] { metrics }

    /// The report as options ask for it.
    func text(_ options: OutputOptions) throws -> String { try text(options.format, quiet: options.quiet) }

    /// The report in a layout.
    func text(_ format: OutputFormat, quiet: Bool) throws -> String {
        switch format {
        case .table: table(quiet: quiet).map { $0 + "\n" }.joined()
        case .json: try JSON.text(report) + "\n"
        case .ndjson: try lines.map { try JSON.line(DescribedLine(metrics: metrics(of: $0), line: $0)) + "\n" }.joined()
        case .csv: rows.map(CSV.line).joined()
        }
    }
}

/// A line of NDJSON with what made its numbers, so that each can be read alone.
struct DescribedLine<Line: Encodable>: Encodable {
    let metrics: [MetricColumn]
    let line: Line

    func encode(to encoder: any Encoder) throws {
        try line.encode(to: encoder)
        if !metrics.isEmpty { try ["metrics": metrics].encode(to: encoder) }
    }
}
