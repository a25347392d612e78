import DreamSim
import DreamSimEvaluation
import Foundation

/// What the answers of a model or metric lose in integers.
struct PrecisionOutput: ReportOutput {
    let report: PrecisionReport

    var metrics: [MetricColumn] { [] }
    var lines: [PrecisionReport.Entry] { report.results }

    var rows: [[String]] {
        [
            [
                "model", "precision", "images", "embedding_median", "embedding_largest", "distance_median",
                "distance_largest", "rank_correlation", "same_neighbors", "triplets", "flipped_votes", "agreement",
                "agreement_float32", "weights", "calibration", "pairs", "relative_median", "relative_largest",
            ]
        ]
            + report.results.map { entry in
                [
                    report.model, entry.precision.rawValue, "\(report.images)", Self.plain(entry.embedding?.median),
                    Self.plain(entry.embedding?.largest), "\(entry.distance.median)", "\(entry.distance.largest)",
                    Self.plain(entry.rankCorrelation), Self.plain(entry.sameNeighbors),
                    report.votes.map { "\($0.triplets)" } ?? "", entry.flippedVotes.map { "\($0)" } ?? "",
                    Self.plain(entry.agreement), Self.plain(report.votes?.agreement),
                    report.weights, entry.calibration ?? "", "\(report.pairs)", "\(entry.relative.median)",
                    "\(entry.relative.largest)",
                ]
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([("", .left)] + report.results.map { ($0.precision.rawValue, .right) })
        func add(_ title: String, _ text: (PrecisionReport.Entry) -> String) {
            table.add([title] + report.results.map(text))
        }
        if let neighbors = report.neighbors {
            add("change of an embedding, median") { Self.small($0.embedding?.median ?? 0) }
            add("  largest") { Self.small($0.embedding?.largest ?? 0) }
            add("\(neighbors) nearest images in common") { String(format: "%.1f %%", 100 * ($0.sameNeighbors ?? 0)) }
        }
        add("change of a distance, median") { Self.small($0.distance.median) }
        add("  largest") { Self.small($0.distance.largest) }
        add("  relative, median") { Self.small($0.relative.median) }
        add("  relative, largest") { Self.small($0.relative.largest) }
        add("rank correlation of distances") { $0.rankCorrelation.map { String(format: "%.6f", $0) } ?? "-" }
        if let votes = report.votes {
            add("votes that flip") { "\($0.flippedVotes ?? 0) of \(votes.triplets)" }
            add("agreement with people") { String(format: "%.1f %%", 100 * ($0.agreement ?? 0)) }
        }
        guard !quiet else { return table.lines() }
        let agreement = report.votes.map { String(format: "; agreement with people %.1f %%", 100 * $0.agreement) } ?? ""
        return table.lines() + [
            "",
            "beside float32; \(report.pairs) pairs of \(report.images) images, median distance "
                + Self.small(report.medianDistance) + agreement
                + (report.neighbors == nil ? "" : "; embeddings of length 1"),
            "model: \(report.model) (weights \(report.weights.prefix(12)), \(report.preprocessing))",
        ]
            + report.results.compactMap { entry in
                entry.calibration.map { "\(entry.precision.rawValue): calibration \($0.prefix(6))" }
            }
    }

    private static func plain(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

    private static func small(_ value: Double) -> String { String(format: "%.3g", value) }
}
