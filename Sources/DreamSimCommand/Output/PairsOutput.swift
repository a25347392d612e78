import DreamSim

/// Writes pairs with their values one after another, in the layout that was asked for.
struct PairsOutput {
    let metrics: [MetricColumn]
    /// The names of further columns, which stand before the values.
    let columns: [String]
    let options: OutputOptions
    /// The titles of the columns of CSV after those that are carried through.
    private let titles: [String]
    private var isFirst = true

    /// One pair's line.
    struct Row {
        /// The files; nil where a row of a table does not name one, or a file has no partner.
        var (imageA, imageB): (ImagePath?, ImagePath?)
        /// The further columns' fields.
        var fields: [String]
        /// By the metrics' names.
        var values: [String: Double] = [:]
        /// Why metrics have no value, by their names.
        var errors: [String: String] = [:]
        /// Why there is no value at all.
        var error: String?
    }

    init(metrics: [MetricColumn], columns: [String], options: OutputOptions) {
        (self.metrics, self.columns, self.options) = (metrics, columns, options)
        // A table that has been through here once already has columns of these names.
        titles = (metrics.map(\.name) + MetricText.columns + ["error"]).map { name in
            var title = name
            var number = 2
            while columns.contains(title) {
                title = "\(name)_\(number)"
                number += 1
            }
            return title
        }
    }

    /// What stands before the first row.
    func header() throws -> String {
        switch options.format {
        case .table: return options.quiet ? "" : tableLine(metrics.map(MetricText.title), "pair")
        case .json:
            // An object that is written bit by bit.
            return "{\"metrics\": \(try JSON.line(metrics)),\n\"results\": [\n"
        case .ndjson: return ""
        case .csv: return CSV.line(columns + titles)
        }
    }

    /// A row's text.
    mutating func text(_ row: Row) throws -> String {
        defer { isFirst = false }
        switch options.format {
        case .table:
            let images = [row.imageA, row.imageB].compactMap { $0.map { "\($0)" } }
            let pair = (images.isEmpty ? row.fields : images).joined(separator: "  ")
            return tableLine(
                metrics.map { MetricText.figure(row.values[$0.name]) }, row.error == nil ? pair : pair + "  (failed)")
        case .json: return (isFirst ? " " : ",") + (try JSON.line(Line(row, columns))) + "\n"
        case .ndjson: return try JSON.line(Line(row, columns, metrics)) + "\n"
        case .csv:
            var fields = Array(row.fields.prefix(columns.count))
            fields += [String](repeating: "", count: columns.count - fields.count)
            fields += metrics.map { metric in row.values[metric.name].map { "\($0)" } ?? "" }
            fields += MetricText.fields(metrics)
            fields.append(row.error ?? metrics.compactMap { row.errors[$0.name] }.joined(separator: "; "))
            return CSV.line(fields)
        }
    }

    /// What stands after the last row.
    func footer(done: Int, failed: Int) -> String {
        switch options.format {
        case .table:
            guard !options.quiet else { return "" }
            let count = "\(done) \(done == 1 ? "pair" : "pairs")" + (failed > 0 ? ", \(failed) failed" : "")
            return (["", count] + MetricText.legend(metrics)).map { $0 + "\n" }.joined()
        case .json: return "],\n\"pairs\": \(done), \"failed\": \(failed)}\n"
        case .ndjson, .csv: return ""
        }
    }

    private func tableLine(_ cells: [String], _ last: String) -> String {
        zip(cells, metrics).map { cell, metric in
            let width = max(10, MetricText.title(metric).count)
            return String(repeating: " ", count: max(0, width - cell.count)) + cell + "  "
        }.joined() + last + "\n"
    }

    private struct Line: Encodable {
        var imageA: ImagePath?
        var imageB: ImagePath?
        var columns: [String: String]?
        var values: [String: Double]?
        var errors: [String: String]?
        var error: String?
        var metrics: [MetricColumn]?

        init(_ row: Row, _ names: [String], _ metrics: [MetricColumn]? = nil) {
            (imageA, imageB) = (row.imageA, row.imageB)
            let carried = zip(names, row.fields).filter {
                row.imageA == nil && row.imageB == nil || !["a", "b"].contains($0.0.lowercased())
            }
            columns = carried.isEmpty ? nil : Dictionary(carried.map { ($0.0, $0.1) }) { first, _ in first }
            values = row.error == nil ? row.values : nil
            errors = row.errors.isEmpty ? nil : row.errors
            error = row.error
            self.metrics = metrics
        }
    }
}
