import DreamSim
import Foundation

/// Draws a ranking as an image: the reference, then the others in their order with their distances.
struct ComparisonSheet {
    let report: ComparisonReport
    let decoding: DecodingOptions
    /// An image holds no more than this; the rest of a long ranking is left out, and the image says so.
    private static let limit = 48

    func image() throws -> Image {
        let shown = report.results.prefix(Self.limit)
        // Bars are drawn against the largest distance, so that small differences stay visible.
        let largest = max(shown.last?.distance ?? 1, 1e-9)
        let left = report.results.count - shown.count
        return ContactSheet(
            title: "How alike do they look?",
            subtitle: "Distance from \(report.reference.name): 0 is the same, lower is more alike",
            reference: ContactSheet.Cell(
                image: try Image(contentsOfFile: report.reference.bytes, options: decoding),
                title: report.reference.name, lines: ["reference"]),
            cells: try shown.map { entry in
                ContactSheet.Cell(
                    image: try Image(contentsOfFile: entry.image.bytes, options: decoding), title: entry.image.name,
                    figure: String(format: "%.4f", entry.distance), bar: entry.distance / largest)
            },
            footer: "model \(report.model.model), weights \(report.model.shortWeights), \(report.model.preprocessing)"
                + (left > 0 ? "; \(left) more are not shown" : "")
        ).rendered()
    }
}
