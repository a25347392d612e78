package import Foundation

/// Writes an evaluation with every judgment.
package enum EvaluationFile {
    /// The layouts, each by its file name extension.
    package enum Format: String, Sendable, CaseIterable {
        /// The report with its judgments, one object.
        case json
        /// One line for each judgment and metric, under a line of names.
        case csv
        /// One object a line for each judgment and metric.
        case ndjson
    }

    /// Writes to a file, which appears whole or not at all; its extension chooses the layout.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package static func write(_ report: EvaluationReport, to url: URL) throws {
        guard let format = Format(rawValue: url.pathExtension.lowercased()) else {
            throw DreamSimError(.unwritable, url.path, "the extension must be .json, .csv or .ndjson")
        }
        let text =
            switch format {
            case .json: try JSON.text(Whole(report: report)) + "\n"
            case .ndjson: try rows(report).map { try JSON.line($0) + "\n" }.joined()
            case .csv: csv(report)
            }
        try write(text, to: url)
    }

    static func write(_ text: String, to url: URL) throws(DreamSimError) {
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(Array(text.utf8), to: url.path.utf8)
        } catch {
            throw DreamSimError(.unwritable, error.path, error.reason)
        }
    }

    /// A judgment as one metric sees it.
    private struct Row: Encodable {
        let id: String
        let labels: [String]
        let images: [String: ImagePath]
        let people: Double?
        let weight: Double
        let metric: String
        let direction: Direction
        /// The values of the pairs of images, by the pairs' names.
        let pairs: [String: Double]?
        /// The name of the pair that is most alike; `tie` when there are several.
        let choice: String?
        let score: Double?
        let error: String?
    }

    private struct Whole: Encodable {
        let report: EvaluationReport

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: EvaluationReport.CodingKeys.self)
            try report.encode(into: &container)
            try container.encode(rows(report), forKey: .items)
        }
    }

    private static func rows(_ report: EvaluationReport) -> [Row] {
        let task = report.dataSet.task
        let makesChoices = task != .sameOrNot
        return report.items.flatMap { item in
            report.metrics.indices.map { index in
                let (column, score) = (report.metrics[index].column, item.scores[index])
                return Row(
                    id: item.judged.id, labels: item.judged.labels,
                    images: Dictionary(uniqueKeysWithValues: zip(task.imageNames, item.judged.images)),
                    people: item.judged.judgment.share, weight: item.judged.weight, metric: column.name,
                    direction: column.direction,
                    pairs: item.values[index].map { Dictionary(uniqueKeysWithValues: zip(task.pairNames, $0)) },
                    choice: makesChoices ? score.map { $0.choice.map { task.pairNames[$0] } ?? "tie" } : nil,
                    score: score?.score, error: item.reasons[index])
            }
        }
            + report.skipped.map { skip in
                Row(
                    id: skip.id, labels: [], images: [:], people: nil, weight: 0, metric: "",
                    direction: .lowerIsMoreAlike,
                    pairs: nil, choice: nil, score: nil, error: skip.reason)
            }
    }

    private static func csv(_ report: EvaluationReport) -> String {
        let task = report.dataSet.task
        let header =
            ["id", "labels"] + task.imageNames + ["people", "weight", "metric", "direction"]
            + task.pairNames.map { "value_\($0)" } + ["choice", "score", "error"]
        return CSV.line(header)
            + rows(report).map { row in
                let names = task.imageNames.map { row.images[$0]?.exact ?? "" }
                let values = task.pairNames.map { name in row.pairs?[name].map { "\($0)" } ?? "" }
                let people = [row.people.map { "\($0)" } ?? "", "\(row.weight)"]
                let verdict = [row.choice ?? "", row.score.map { "\($0)" } ?? "", row.error ?? ""]
                return CSV.line(
                    [row.id, row.labels.joined(separator: ";")] + names + people
                        + [row.metric, row.direction.rawValue] + values + verdict)
            }.joined()
    }
}
