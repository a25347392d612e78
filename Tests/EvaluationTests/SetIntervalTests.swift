import DreamSim
import DreamSimCheckpoints
import DreamSimEvaluation
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("Intervals and extrapolation of scores of sets")
struct SetIntervalTests {
    @Test("Intervals are as wide as the scatter of scores over new sets")
    func coverage() throws {
        // Twenty draws of both sets tell the scatter to within a sixth; the interval is of one of them.
        let scores: [SetScore] = [.frechet, .kernel, .precision, .density, .diversity]
        let reports = try (0..<20).map { round in
            try compareSets(
                drawnSet(400, 4, seed: 100 + round), drawnSet(300, 4, seed: 200 + round, scale: 1.3, shift: 0.4),
                scores,
                bootstrap: Bootstrap(resamples: 400))
        }
        for score in scores {
            let values = try reports.map { try #require($0[score]) }
            let mean = values.reduce(0, +) / 20
            let scatter = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19).squareRoot()
            let widths = try reports.map { report in
                let interval = try #require(report.scores.first { $0.score == score }?.interval)
                return (interval.high - interval.low) / (2 * 1.96)
            }
            let width = widths.reduce(0, +) / 20
            #expect((0.55...1.7).contains(width / scatter), "\(score): \(width) and \(scatter)")
        }
    }

    @Test("The extrapolated distance is nearer to that of the distributions than the plain one")
    func extrapolation() throws {
        let (real, generated) = (try drawnSet(20_000, 24, seed: 30), try drawnSet(600, 24, seed: 31, shift: 0.1))
        let report = try compareSets(real, generated, [.frechet, .frechetInfinity])
        let truth = 24 * 0.01
        let plain = try #require(report[.frechet]), found = try #require(report[.frechetInfinity])
        #expect(abs(found - truth) < abs(plain - truth) / 2, "\(plain) and \(found)")
        #expect(report.notes.contains { $0.contains("5000") })
    }

    @Test("Influences of images sum to nothing, and tell how the distance changes when an image goes")
    func influences() throws {
        var settings = SetComparison.Settings()
        (settings.scores, settings.findsContributions) = ([.frechet], true)
        let (real, generated) = (try drawnSet(400, 6, seed: 40), try drawnSet(350, 6, seed: 41, shift: 0.3))
        let report = try SetComparison(real: .vectors(real), generated: .vectors(generated), settings: settings)
        let all = try #require(report.contributions)
        let own = all.filter { $0.set == .generated }
        #expect(all.count == 750 && abs(own.reduce(0) { $0 + $1.frechet }) < 1e-6)
        let strongest = try #require(own.max { abs($0.frechet) < abs($1.frechet) })
        let without = try SetVectors(
            doubles: generated.doubles.chunked(6).enumerated().filter { $0.offset != strongest.row }.flatMap(\.element),
            width: 6, name: "without")
        let change = try #require(compareSets(real, without, [.frechet])[.frechet]) - #require(report[.frechet])
        #expect(abs(change + strongest.frechet / 349) < 0.1 * abs(change), "\(change), \(strongest.frechet / 349)")
        #expect(own.count { $0.isInside } > 0 && own.allSatisfy { $0.isInside == ($0.neighborhoods != 0) })
        // The nearest image of the other set, by a plain search.
        let rows = real.doubles.chunked(6), row = generated.doubles.chunked(6)[0]
        let distances = rows.map { zip($0, row).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot() }
        let nearest = try #require(distances.min())
        #expect(isNear(own[0].nearestDistance, nearest) && distances[own[0].nearest] == nearest)
    }
}

@Suite("Diversity of a set")
struct DiversityTests {
    @Test("Pairs and their distribution are those of a plain search")
    func pairs() throws {
        let set = try drawnSet(560, 5, seed: 50, shift: 0.5)
        let report = try SetDiversity(set, pairs: 7, bootstrap: nil)
        let rows = set.doubles.chunked(5)
        var all: [(Double, Int, Int)] = []
        for a in rows.indices {
            for b in rows.indices where b > a {
                func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
                all.append(
                    (1 - dot(rows[a], rows[b]) / (dot(rows[a], rows[a]) * dot(rows[b], rows[b])).squareRoot(), a, b))
            }
        }
        all.sort { $0.0 < $1.0 }
        #expect(isNear(report.diversity.value, all.reduce(0) { $0 + $1.0 } / Double(all.count)))
        for (found, expected) in zip(report.nearest, all) {
            #expect(found.rowA == expected.1 && found.rowB == expected.2 && abs(found.distance - expected.0) < 1e-12)
        }
        for (found, expected) in zip(report.farthest, all.reversed()) {
            #expect(found.rowA == expected.1 && found.rowB == expected.2)
        }
        #expect(report.nearest.count == 7 && report.farthest.count == 7)
        #expect(abs(try #require(report.distribution["50"]) - all[all.count / 2].0) < 1e-4)
    }

    @Test("The matrix has all distances", arguments: ["npy", "csv"])
    func matrix(format: String) throws {
        let set = try drawnSet(70, 5, seed: 51)
        let report = try SetDiversity(set, pairs: 1, bootstrap: nil)
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "distances.\(format)")
            try set.writeDistances(to: file)
            let values: [[Double]]
            if format == "npy" {
                let array = try Checkpoint(contentsOf: file).tensor("array")
                #expect(array.shape == [70, 70])
                values = array.values.map(Double.init).chunked(70)
            } else {
                let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                #expect(lines.count == 71)
                values = lines.dropFirst().map { $0.split(separator: ",").dropFirst().compactMap { Double($0) } }
            }
            let pair = report.nearest[0]
            #expect(abs(values[pair.rowA][pair.rowB] - pair.distance) < 1e-6 && values[3][3] == 0)
            #expect(values[10][20] == values[20][10])
        }
    }
}
