import DreamSim
import Foundation

/// What was cut out.
struct CutoutOutput: ReportOutput {
    struct Report: Encodable {
        let images: [Row]
    }

    /// An image and its files.
    struct Row: Encodable {
        let image: ImagePath
        let cutout: ImagePath?
        let mask: ImagePath?
        let width: Int
        let height: Int
        /// The share of the image that is foreground, 0 to 1.
        let coverage: Double
        /// The largest saliency, 0 to 1.
        let saliency: Double
    }

    let report: Report

    var metrics: [MetricColumn] { [] }

    var lines: [Row] { report.images }

    var rows: [[String]] {
        [["image", "cutout", "mask", "width", "height", "coverage", "saliency"]]
            + report.images.map { row in
                [
                    row.image.exact, row.cutout?.exact ?? "", row.mask?.exact ?? "", "\(row.width)", "\(row.height)",
                    "\(row.coverage)", "\(row.saliency)",
                ]
            }
    }

    func table(quiet: Bool) -> [String] {
        guard !report.images.isEmpty else { return [] }
        var table = TextTable([("image", .left), ("foreground", .right), ("saliency", .right), ("written", .left)])
        for row in report.images {
            table.add([
                "\(row.image)", String(format: "%.1f %%", row.coverage * 100), String(format: "%.2f", row.saliency),
                "\((row.cutout ?? row.mask).map(\.description) ?? "")",
            ])
        }
        return table.lines(quiet: quiet)
    }
}
