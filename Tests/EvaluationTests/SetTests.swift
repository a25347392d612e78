import DreamSim
import DreamSimCheckpoints
import DreamSimEvaluation
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("Scores of sets of images")
struct SetTests {
    private struct Scores: Decodable {
        struct Shares: Decodable { var precision, recall, density, coverage: Double }
        var fd, kd, diversity, diversityReal: Double
        var k3, k5: Shares
    }

    private static func recorded() throws -> Scores {
        try JSONDecoder().decode(Scores.self, from: Data(contentsOf: Fixtures.file("sets/scores.json")))
    }

    @Test("Scores are those of pytorch-fid, prdc and the definitions, to 1e-9", arguments: [3, 5])
    func fixtures(neighbors: Int) throws {
        let expected = try Self.recorded()
        let report = try compareSets(setFixture("real"), setFixture("generated"), neighbors: neighbors)
        let shares = neighbors == 3 ? expected.k3 : expected.k5
        #expect(isNear(report[.frechet], expected.fd))
        #expect(isNear(report[.kernel], expected.kd))
        #expect(isNear(report[.precision], shares.precision) && isNear(report[.recall], shares.recall))
        #expect(isNear(report[.density], shares.density) && isNear(report[.coverage], shares.coverage))
        #expect(isNear(report[.diversity], expected.diversity))
        #expect(try isNear(SetDiversity(setFixture("real"), bootstrap: nil).diversity.value, expected.diversityReal))
    }

    @Test("So they are on the larger golden sets", .enabled(if: Fixtures.shared != nil, "\(Fixtures.sharedIsMissing)"))
    func golden() throws {
        let folder = try #require(Fixtures.shared).appending(path: "golden/sets")
        let arrays = try Checkpoint(contentsOf: folder.appending(path: "sets.safetensors"))
        let expected = try JSONDecoder().decode(
            [String: Double].self, from: Data(contentsOf: folder.appending(path: "sets.json")))
        let report = try compareSets(
            SetVectors(arrays.tensor("real"), name: "real"), SetVectors(arrays.tensor("generated"), name: "generated"))
        for (score, name) in [
            (SetScore.frechet, "frechet_pytorch_fid"), (.kernel, "kernel_unbiased"), (.precision, "precision"),
            (.recall, "recall"), (.density, "density"), (.coverage, "coverage"), (.diversity, "diversity_generated"),
        ] {
            #expect(isNear(report[score], try #require(expected[name])), "\(name)")
        }
    }

    @Test("Neighborhoods are those of a plain search in double precision, over several blocks")
    func plain() throws {
        let (real, generated) = (try drawnSet(700, 8, seed: 3), try drawnSet(530, 8, seed: 4, scale: 0.9, shift: 0.1))
        let report = try compareSets(real, generated, [.precision, .recall, .density, .coverage], neighbors: 4)
        let (x, y) = (Self.rows(real), Self.rows(generated))
        func square(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        func radii(_ rows: [[Double]]) -> [Double] { rows.map { row in rows.map { square(row, $0) }.sorted()[4] } }
        let (rx, ry) = (radii(x), radii(y))
        let balls = y.map { row in zip(x, rx).count { square($0, row) < $1 } }
        let covered = zip(x, rx).count { row, radius in y.contains { square(row, $0) < radius } }
        let recalled = x.count { row in zip(y, ry).contains { square(row, $0) < $1 } }
        #expect(isNear(report[.precision], Double(balls.count { $0 > 0 }) / 530))
        #expect(isNear(report[.density], Double(balls.reduce(0, +)) / (4 * 530)))
        #expect(isNear(report[.coverage], Double(covered) / 700) && isNear(report[.recall], Double(recalled) / 700))
    }

    private static func rows(_ set: SetVectors) -> [[Double]] {
        set.doubles.chunked(set.width)
    }

    @Test("Images far from the origin, tiny and huge ones have the same neighborhoods", arguments: [1e-18, 1, 1e12])
    func magnitudes(scale: Double) throws {
        let (real, generated) = (try drawnSet(300, 12, seed: 5), try drawnSet(300, 12, seed: 6, shift: 0.5))
        let expected = try compareSets(real, generated, [.precision, .recall, .density, .coverage])
        func moved(_ set: SetVectors) throws -> SetVectors {
            try SetVectors(doubles: set.doubles.map { ($0 + 1000) * scale }, width: 12, name: "moved")
        }
        let found = try compareSets(moved(real), moved(generated), [.precision, .recall, .density, .coverage])
        for score in [SetScore.precision, .recall, .density, .coverage] {
            #expect(try isNear(found[score], #require(expected[score])), "\(score)")
        }
    }

    @Test("Equal sets are at no distance; sets that are equal rows have scores and a note, not a NaN")
    func degenerate() throws {
        let set = try drawnSet(60, 10, seed: 7)
        let same = try compareSets(set, set)
        #expect(try #require(same[.frechet]) < 1e-9)
        #expect(same[.precision] == 1 && same[.recall] == 1 && same[.coverage] == 1)
        let constant = try SetVectors(
            Tensor([Float](repeating: 0.3, count: 20 * 10), shape: [20, 10]), name: "constant")
        let report = try compareSets(constant, constant)
        #expect(report.scores.allSatisfy { $0.value.isFinite })
        #expect(report[.precision] == 0 && report[.diversity].map { abs($0) < 1e-12 } == true)
        #expect(report.notes.contains { $0.contains("40 images have 5 others in their set that are equal") })
        let few = try compareSets(drawnSet(8, 30, seed: 8), drawnSet(9, 30, seed: 9))
        #expect(few.scores.allSatisfy { $0.value.isFinite } && few.notes.contains { $0.contains("rank 7") })
    }

    @Test("Bad sets are errors that say which and why")
    func faults() throws {
        let good = try drawnSet(20, 6, seed: 10)
        func fault(_ body: () throws -> some Any) throws -> DreamSimError {
            try #require(throws: DreamSimError.self) { try body() }
        }
        var values = [Float](repeating: 1, count: 12)
        values[7] = .nan
        let missing = try fault { try SetVectors(Tensor(values, shape: [2, 6]), name: "bad") }
        #expect(missing.kind == .badValue && "\(missing)".contains("bad: row 1 holds a NaN"))
        let width = try fault { try compareSets(good, drawnSet(20, 7, seed: 11)) }
        #expect(width.kind == .incomparable && "\(width)".contains("6 components") && "\(width)".contains("of 7"))
        let few = try fault { try compareSets(good, drawnSet(5, 6, seed: 12)) }
        #expect(few.kind == .empty && "\(few)".contains("has 5 images") && "\(few)".contains("at least 6"))
        let one = try fault { try compareSets(good, drawnSet(1, 6, seed: 13), [.frechet]) }
        #expect(one.kind == .empty && "\(one)".contains("has 1 image;"))
        #expect(try fault { try SetDiversity(drawnSet(1, 6, seed: 14)) }.kind == .empty)
        let huge = try SetVectors(doubles: (0..<120).map { Double($0) * 1e200 }, width: 6, name: "huge")
        #expect(try fault { try compareSets(huge, huge, [.frechet]) }.kind == .badValue)
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "vectors.npy")
            func write(_ type: String, _ shape: String, _ bytes: Int) throws {
                var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
                text += String(repeating: " ", count: 117 - text.utf8.count) + "\n"
                try Data(
                    [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8)
                        + [UInt8](repeating: 0, count: bytes)
                )
                .write(to: file)
            }
            try write("<i8", "(2, 3)", 48)
            #expect(try fault { try SetVectors(contentsOf: file) }.kind == .mismatch)
            try write("<f4", "(6,)", 24)
            #expect(try fault { try SetVectors(contentsOf: file) }.kind == .mismatch)
            try write("<f4", "(0, 3)", 0)
            #expect(try fault { try compareSets(SetVectors(contentsOf: file), good) }.kind == .incomparable)
            try Data("{\"images\": [\"a.png\"]}".utf8).write(to: folder.appending(path: "vectors.npy.json"))
            try write("<f4", "(2, 3)", 24)
            let names = try fault { try SetVectors(contentsOf: file) }
            #expect(names.kind == .mismatch && "\(names)".contains("2 rows where vectors.npy.json names 1 image"))
        }
    }
}

@Suite("Moments of sets")
struct SetMomentTests {
    @Test("Parts merged in any order, of any size, give the distance of one pass to 1e-9")
    func merging() throws {
        let (set, other) = (
            try drawnSet(1100, 40, seed: 20, shift: 50), try drawnSet(300, 40, seed: 21, scale: 1.1, shift: 50)
        )
        let whole = try SetStatistics(set), reference = try SetStatistics(other)
        let expected = try whole.frechetDistance(to: reference)
        for sizes in [[1, 1, 1098], [550, 550], [3, 700, 397]] {
            var parts: [SetMoments] = []
            var start = 0
            for size in sizes {
                var part = SetMoments(width: 40)
                try part.add(set.rows(Array(start..<(start + size))))
                parts.append(part)
                start += size
            }
            var total = SetMoments(width: 40)
            for part in parts.reversed() { try total.merge(part) }
            #expect(total.count == 1100)
            #expect(try isNear(total.statistics().frechetDistance(to: reference), expected))
        }
    }

    @Test("The covariance is the plain one, also where the mean is large")
    func covariance() throws {
        let set = try drawnSet(900, 5, seed: 22, shift: 3000)
        let rows = set.doubles.chunked(5)
        let mean = (0..<5).map { i in rows.reduce(0) { $0 + $1[i] } / 900 }
        let found = try SetStatistics(set)
        for i in 0..<5 {
            #expect(isNear(found.mean[i], mean[i]))
            for j in 0..<5 {
                let expected = rows.reduce(0) { $0 + ($1[i] - mean[i]) * ($1[j] - mean[j]) } / 899
                #expect(abs(found.covariance[5 * i + j] - expected) < 1e-10)
            }
        }
    }

    @Test("Statistics are saved and read, and those of pytorch-fid are read")
    func files() throws {
        let (real, generated) = (try setFixture("real"), try setFixture("generated"))
        let expected = try compareSets(real, generated, [.frechet])[.frechet]
        let saved = try SetStatistics(contentsOf: Fixtures.file("sets/statistics.npz"))
        #expect(saved.count == nil)
        #expect(try isNear(saved.frechetDistance(to: SetStatistics(generated)), #require(expected)))
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "real.npz")
            let found = try SetStatistics(real)
            try found.write(to: file)
            let read = try SetStatistics(contentsOf: file)
            #expect(read.mean == found.mean && read.covariance == found.covariance && read.count == 120)
            let other = folder.appending(path: "other.npz")
            try NumpyArchiveWriter.write([("mu", .doubles([1, 2], shape: [2]))], to: other)
            let fault = try #require(throws: DreamSimError.self) { try SetStatistics(contentsOf: other) }
            #expect(fault.kind == .missing && "\(fault)".contains("'sigma'"))
        }
    }

    @Test("A known distance of two normal distributions, also where directions have no variance")
    func known() throws {
        func diagonal(_ mean: [Double], _ variances: [Double]) throws -> SetStatistics {
            var covariance = [Double](repeating: 0, count: mean.count * mean.count)
            for i in mean.indices { covariance[i * mean.count + i] = variances[i] }
            return try SetStatistics(mean: mean, covariance: covariance, name: "diagonal")
        }
        // Of independent components the distance is the sum of (m1 - m2)² + (s1 - s2)².
        let found = try diagonal([0, 1, 2], [4, 0, 1e-14]).frechetDistance(to: diagonal([1, 1, 0], [9, 1, 4e-14]))
        #expect(isNear(found, 1 + 1 + 1 + 4 + 1e-14, relative: 1e-12))
        let fault = try #require(throws: DreamSimError.self) {
            try diagonal([0, 0], [1, -1]).frechetDistance(to: diagonal([0, 0], [1, 1]))
        }
        #expect(fault.kind == .badValue && "\(fault)".contains("negative variance"))
    }
}
