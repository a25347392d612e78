import DreamSimRetrieval
import Foundation

/// Writes what an update of an index did in the layout that was asked for.
struct IndexingOutput {
    let report: IndexingReport
    let options: ReportOptions
    let index: String

    func text() throws -> String {
        guard options.format == .table else { return try JSON.text(report) + "\n" }
        var lines: [String] = []
        func line(_ what: String, _ count: Int, _ more: String = "") {
            if count > 0 { lines.append("\(count)".leftPadded(to: 8) + " \(what)\(more)") }
        }
        let embedded = report.added - report.known
        let rate = report.seconds > 0 ? Double(embedded) / report.seconds : 0
        line(
            "embedded", embedded,
            embedded > 0 ? String(format: " in %.1f s, %.1f a second", report.seconds, rate) : "")
        line("moved", report.moved)
        line("with a content that was there already", report.known - report.moved)
        line("unchanged", report.unchanged)
        line("dropped, because their files are gone or left out", report.dropped)
        line("cannot be read", report.failures.count)
        lines.append("\(report.images)".leftPadded(to: 8) + " images in \(index)")
        if !options.quiet {
            lines += [
                "",
                "model \(MetricColumn(report.model).name), "
                    + (report.model.weights.isEmpty ? "" : "weights \(report.model.shortWeights), ")
                    + "vectors in \(report.precision.rawValue)",
                "preprocessing: \(report.model.preprocessing)",
            ]
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension String {
    /// The text with spaces before it.
    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
