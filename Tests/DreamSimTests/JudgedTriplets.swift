import DreamSim
import Foundation
import TestSupport
import Testing

/// Triplets that people have judged, with recorded distances.
struct JudgedTriplets {
    struct Golden: Decodable {
        struct Triplet: Decodable {
            let id: String
            let left: [String: Double]
            let right: [String: Double]
        }
        let accuracy: [String: Double]
        let triplets: [Triplet]
    }

    struct Triplet {
        let reference: URL
        let left: URL
        let right: URL
        let isRightChosen: Bool
        let isRandom: Bool
        let recorded: Golden.Triplet
    }

    let accuracy: [String: Double]
    let triplets: [Triplet]

    init() throws {
        let shared = try #require(Fixtures.shared)
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: shared.appending(path: "golden/nights_mini.json")))
        let root = shared.appending(path: "data/nights-mini")
        let rows = try String(contentsOf: root.appending(path: "data.csv"), encoding: .utf8)
            .split(whereSeparator: \.isNewline).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        func column(_ name: String) throws -> Int { try #require(rows[0].firstIndex { $0 == name }) }
        let (id, vote, group) = (try column("id"), try column("right_vote"), try column("page_group"))
        let paths = try ["ref_path", "left_path", "right_path"].map { try column($0) }
        accuracy = golden.accuracy
        triplets = try zip(rows.dropFirst(), golden.triplets).map { row, recorded in
            #expect(row[id] == recorded.id)
            let files = paths.map { root.appending(path: String(row[$0])) }
            return Triplet(
                reference: try #require(files.first), left: files[1], right: files[2], isRightChosen: row[vote] == "1",
                isRandom: row[group] == "random", recorded: recorded)
        }
        #expect(triplets.count == 59)
    }

    /// The share of human judgments that a metric takes, all distances being within a tolerance of the recorded ones.
    func agreement(_ metric: any PerceptualMetric, recorded key: String, tolerance: Double) throws -> Double {
        var agreeing = 0
        for triplet in triplets {
            let values = try metric.values(
                from: Image(contentsOf: triplet.reference, options: .reference),
                to: [
                    Image(contentsOf: triplet.left, options: .reference),
                    Image(contentsOf: triplet.right, options: .reference),
                ])
            let expected = [triplet.recorded.left[key] ?? .nan, triplet.recorded.right[key] ?? .nan]
            for (value, expected) in zip(values, expected) {
                #expect(
                    abs(value - expected) <= tolerance * abs(expected),
                    "\(triplet.recorded.id): \(value) for \(expected)")
            }
            if (values[1] < values[0]) == triplet.isRightChosen { agreeing += 1 }
        }
        return Double(agreeing) / Double(triplets.count)
    }
}
