import DreamSim

/// Writes pairs with their values one after another, in the layout that was asked for, and then what they come to.
struct PairsOutput {
    let metrics: [MetricColumn]
    /// What pairs must keep to, so that each says whether it does.
    let limits: MetricLimits
    /// The names of further columns, which stand before the values.
    let columns: [String]
    let options: OutputOptions
    /// The titles of the columns of CSV after those that are carried through.
    private let titles: [String]
    private var isFirst = true
    private var summary: PairSummary
    private var failures = FailureNote()

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

        /// What people call the pair.
        var name: String {
            let images = [imageA, imageB].compactMap { $0.map { "\($0)" } }
            return (images.isEmpty ? fields : images).joined(separator: "  ")
        }
    }

    init(metrics: [MetricColumn], limits: MetricLimits, columns: [String], options: OutputOptions) {
        (self.metrics, self.limits, self.columns, self.options) = (metrics, limits, columns, options)
        summary = PairSummary(metrics, limits: limits)
        // A table that has been through here once already has columns of these names.
        titles = (metrics.map(\.name) + (limits.isEmpty ? [] : ["pass"]) + MetricText.columns + ["error"]).map { name in
            var title = name
            var number = 2
            while columns.contains(title) {
                title = "\(name)_\(number)"
                number += 1
            }
            return title
        }
    }

    /// Whether every pair passes; nil when nothing is limited.
    var pass: Bool? { summary.pass }

    /// What stands before the first row.
    func header() throws -> String {
        switch options.format {
        case .table: return options.quiet ? "" : tableLine(metrics.map(MetricText.title), "pass", "pair")
        case .json:
            // An object that is written bit by bit.
            let limits = try limits.values.map { "\"limits\": \(try JSON.line($0)),\n" } ?? ""
            return "{\"metrics\": \(try JSON.line(metrics)),\n\(limits)\"results\": [\n"
        case .ndjson: return ""
        case .csv: return CSV.line(columns + titles)
        }
    }

    /// A row's text; the row counts in what stands after the last.
    mutating func text(_ row: Row) throws -> String {
        defer { isFirst = false }
        let pass = limits.passes(row.values)
        summary.add(row.imageA.flatMap { a in row.imageB.map { ImagePair(a, $0) } }, row.values)
        if pass == false {
            failures.add(row.name, row.error == nil ? limits.excesses(row.values) : ["could not be compared"])
        }
        switch options.format {
        case .table:
            return tableLine(
                metrics.map { MetricText.figure(row.values[$0.name]) }, pass == true ? "yes" : "no",
                row.error == nil ? row.name : row.name + "  (not compared)")
        case .json: return (isFirst ? " " : ",") + (try JSON.line(Line(row, columns, pass))) + "\n"
        case .ndjson: return try JSON.line(Line(row, columns, pass, metrics)) + "\n"
        case .csv:
            var fields = Array(row.fields.prefix(columns.count))
            fields += [String](repeating: "", count: columns.count - fields.count)
            fields += metrics.map { metric in row.values[metric.name].map { "\($0)" } ?? "" }
            if let pass { fields.append("\(pass)") }
            fields += MetricText.fields(metrics)
            fields.append(row.error ?? metrics.compactMap { row.errors[$0.name] }.joined(separator: "; "))
            return CSV.line(fields)
        }
    }

    /// What stands after the last row.
    /// - Parameter failed: the pairs that could not be compared, or not by every metric.
    func footer(failed: Int) throws -> String {
        switch options.format {
        case .table:
            guard !options.quiet else { return "" }
            let count =
                "\(summary.count) \(summary.count == 1 ? "pair" : "pairs")"
                + (failed > 0 ? ", \(failed) could not be compared" : "")
                + (pass == false ? ", \(summary.failed) failed" : "")
            return (["", count, ""] + TextTable(summary).lines() + [""] + MetricText.legend(metrics))
                .map { $0 + "\n" }.joined()
        case .json:
            return "],\n\"pairs\": \(summary.count), \"failed\": \(failed),"
                + (pass.map { " \"pass\": \($0)," } ?? "") + "\n\"summary\": \(try JSON.line(summary.entries))}\n"
        case .ndjson, .csv: return ""
        }
    }

    /// Tells people what the results do not say: what pairs come to where every line is one pair's, and which of them failed.
    func tell() {
        guard !options.quiet else { return }
        if options.format == .ndjson || options.format == .csv { Terminal.table(TextTable(summary)) }
        failures.tell(of: summary.count, "pairs")
    }

    private func tableLine(_ cells: [String], _ pass: String, _ last: String) -> String {
        let cells =
            zip(cells, metrics).map { ($0, max(10, MetricText.title($1).count)) }
            + (limits.isEmpty ? [] : [(pass, 4)])
        return cells.map { cell, width in String(repeating: " ", count: max(0, width - cell.count)) + cell + "  " }
            .joined() + last + "\n"
    }

    private struct Line: Encodable {
        var imageA: ImagePath?
        var imageB: ImagePath?
        var columns: [String: String]?
        var values: [String: Double]?
        var errors: [String: String]?
        var error: String?
        var pass: Bool?
        var metrics: [MetricColumn]?

        init(_ row: Row, _ names: [String], _ pass: Bool?, _ metrics: [MetricColumn]? = nil) {
            (imageA, imageB) = (row.imageA, row.imageB)
            let carried = zip(names, row.fields).filter {
                row.imageA == nil && row.imageB == nil || !["a", "b"].contains($0.0.lowercased())
            }
            columns = carried.isEmpty ? nil : Dictionary(carried.map { ($0.0, $0.1) }) { first, _ in first }
            values = row.error == nil ? row.values : nil
            errors = row.errors.isEmpty ? nil : row.errors
            error = row.error
            (self.pass, self.metrics) = (pass, metrics)
        }
    }
}
