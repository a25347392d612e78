package import Foundation

extension OpinionReport {
    /// Writes the images with their scores and the metrics' values as a table that can be read as a set again, or the report
    /// as a page; the file appears whole or not at all.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func writeTable(to url: URL) throws(DreamSimError) {
        let header = ["reference", "image", "score", "deviation", "distortion"] + metrics.map(\.name)
        let rows = set.items.enumerated().map { index, item in
            [
                item.pair?.a.absolute.exact ?? "", item.pair?.b.absolute.exact ?? item.id, "\(item.score)",
                item.deviation.map { "\($0)" } ?? "", item.distortion ?? "",
            ] + metrics.map { $0.values[index].isNaN ? "" : "\($0.values[index])" }
        }
        try EvaluationFile.write(([header] + rows).map(CSV.line).joined(), to: url)
    }

    /// Writes the page.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func writePage(to url: URL) throws(DreamSimError) {
        try EvaluationFile.write(OpinionPage(self).text(), to: url)
    }
}
