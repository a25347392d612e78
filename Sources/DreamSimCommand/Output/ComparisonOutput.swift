import DreamSim
import DreamSimSupport
import Foundation

/// Writes a ranking in the layout that was asked for.
struct ComparisonOutput {
    let report: ComparisonReport
    let options: OutputOptions
    /// What is known of the model's distances.
    var profile: MetricProfile?

    func text() throws -> String {
        switch options.format {
        case .table: return table()
        case .json: return try JSON.text(report) + "\n"
        case .ndjson:
            return try report.results.map { try JSON.line(Line(report, $0)) + "\n" }.joined()
                + report.failures.map { try JSON.line(Line(report, $0)) + "\n" }.joined()
        case .csv:
            let header = ["rank", "image", "distance", "direction", "reference"] + CSV.stampColumns + ["error"]
            func common(_ rank: String, _ image: ImagePath, _ distance: String, _ error: String) -> String {
                CSV.line(
                    [rank, "\(image)", distance, report.direction.rawValue, "\(report.reference)"]
                        + CSV.fields(of: report.model) + [error])
            }
            return CSV.line(header)
                + report.results.map { common("\($0.rank)", $0.image, "\($0.distance)", "") }.joined()
                + report.failures.map { common("", $0.image, "", $0.error) }.joined()
        }
    }

    /// Nothing where nothing could be measured: the errors say it all.
    private func table() -> String {
        guard !report.results.isEmpty else { return "" }
        var table = TextTable([("rank", .right), ("distance", .right), ("image", .left)])
        for entry in report.results {
            table.add(["\(entry.rank)", String(format: "%.5f", entry.distance), "\(entry.image)"])
        }
        var lines = table.lines()
        if options.quiet {
            lines.removeFirst()
        } else {
            lines.append("")
            lines += Legend.lines(report.model, reference: report.reference)
            lines += Legend.lines(profile, nearest: report.results.first?.distance)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private struct Line: Encodable {
        var rank: Int?
        var image: ImagePath
        var distance: Double?
        var error: String?
        var direction: Direction
        var reference: ImagePath
        var model: String
        var weights: String
        var preprocessing: String
        var normalized: Bool

        init(_ report: ComparisonReport, _ entry: ComparisonReport.Entry) {
            self.init(report, entry.image)
            (rank, distance) = (entry.rank, entry.distance)
        }

        init(_ report: ComparisonReport, _ failure: ComparisonReport.Failure) {
            self.init(report, failure.image)
            error = failure.error
        }

        private init(_ report: ComparisonReport, _ image: ImagePath) {
            self.image = image
            direction = report.direction
            reference = report.reference
            (model, weights) = (report.model.model, report.model.weights)
            preprocessing = "\(report.model.preprocessing)"
            normalized = report.model.isNormalized
        }
    }
}

/// What stands under a table, so that a number is never without its meaning.
enum Legend {
    static func lines(_ stamp: ModelStamp, reference: ImagePath) -> [String] {
        [
            "distance from \(reference): 0 is the same, \(Direction.lowerIsMoreAlike.rawValue)",
            "model \(stamp.model), weights \(stamp.shortWeights), \(stamp.isNormalized ? "normalized" : "not normalized")",
            "preprocessing: \(stamp.preprocessing)",
        ]
    }

    /// What the most alike image's value means, as far as that is known.
    static func lines(_ profile: MetricProfile?, nearest value: Double?) -> [String] {
        guard let profile, let value else { return [] }
        let threshold = profile.threshold.map { threshold in
            String(format: "%.4g", threshold.value)
                + " is where pairs stop being the same: \(threshold.dataSet), \(threshold.criterion)"
        }
        return [profile.explanation(of: value), threshold].compactMap { $0 }
    }
}
