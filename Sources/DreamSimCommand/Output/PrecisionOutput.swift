import DreamSim
import DreamSimEvaluation
import Foundation

/// What a model's answers lose in integers.
struct PrecisionOutput: ReportOutput {
    let report: PrecisionReport

    var metrics: [MetricColumn] { [] }
    var lines: [PrecisionReport.Entry] { report.results }

    var rows: [[String]] {
        [
            [
                "model", "precision", "images", "embedding_median", "embedding_largest", "distance_median",
                "distance_largest", "rank_correlation", "same_neighbors", "triplets", "flipped_votes", "agreement",
                "agreement_float32", "weights", "calibration",
            ]
        ]
            + report.results.map { entry in
                [
                    report.model, entry.precision.rawValue, "\(report.images)", "\(entry.embedding.median)",
                    "\(entry.embedding.largest)", "\(entry.distance.median)", "\(entry.distance.largest)",
                    entry.rankCorrelation.map { "\($0)" } ?? "", "\(entry.sameNeighbors)",
                    report.votes.map { "\($0.triplets)" } ?? "", entry.flippedVotes.map { "\($0)" } ?? "",
                    entry.agreement.map { "\($0)" } ?? "", report.votes.map { "\($0.agreement)" } ?? "",
                    report.weights, entry.calibration ?? "",
                ]
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([("", .left)] + report.results.map { ($0.precision.rawValue, .right) })
        func add(_ title: String, _ text: (PrecisionReport.Entry) -> String) {
            table.add([title] + report.results.map(text))
        }
        add("change of an embedding, median") { Self.small($0.embedding.median) }
        add("  largest") { Self.small($0.embedding.largest) }
        add("change of a distance, median") { Self.small($0.distance.median) }
        add("  largest") { Self.small($0.distance.largest) }
        add("rank correlation of distances") { $0.rankCorrelation.map { String(format: "%.6f", $0) } ?? "-" }
        add("\(report.neighbors) nearest images in common") { String(format: "%.1f %%", 100 * $0.sameNeighbors) }
        if let votes = report.votes {
            add("votes that flip") { "\($0.flippedVotes ?? 0) of \(votes.triplets)" }
            add("agreement with people") { String(format: "%.1f %%", 100 * ($0.agreement ?? 0)) }
        }
        guard !quiet else { return table.lines() }
        let agreement = report.votes.map { String(format: "; agreement with people %.1f %%", 100 * $0.agreement) } ?? ""
        return table.lines() + [
            "",
            "beside float32; embeddings of length 1; all pairs of \(report.images) images, median distance "
                + Self.small(report.medianDistance) + agreement,
            "model: \(report.model) (weights \(report.weights.prefix(12)), \(report.preprocessing))",
        ]
            + report.results.compactMap { entry in
                entry.calibration.map { "\(entry.precision.rawValue): calibration \($0.prefix(6))" }
            }
    }

    private static func small(_ value: Double) -> String { String(format: "%.3g", value) }
}
