import CDreamSimKernels
import DreamSimSupport
import TestSupport
import Testing

/// The kernels of windows and of pixels, of every kind that this processor has, against plain loops.
@Suite("Similarity kernels")
struct SimilarityKernelTests {
    static let kinds = VectorMathTests.kinds

    static func kernels(_ kind: String) throws -> dsv_kernels { try VectorMathTests.kernels(kind) }

    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(state: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// SSIM of one row in double precision, from its definition; flat rows and noisy rows.
    @Test("A row of SSIM, its map and its sums a channel", arguments: kinds, [(7, 1), (7, 40), (11, 5), (11, 128)])
    func row(kind: String, size: (taps: Int, columns: Int)) throws {
        let (taps, columns) = size
        let wide = (columns + taps - 1) * 3
        let slack = Int(DSV_SIMILARITY_SLACK)
        var weights = (0..<taps).map { 1 / (1 + Double(($0 - taps / 2) * ($0 - taps / 2))) }
        let total = weights.reduce(0, +)
        weights = weights.map { $0 / total }
        let (c1, c2, covariance) = (6.5025, 58.5225, 1.02)
        for noise in [true, false] {
            let a = (0..<taps).map { noise ? Self.bytes(wide, seed: UInt64($0)) : [UInt8](repeating: 251, count: wide) }
            let b = (0..<taps).map { row in
                noise ? Self.bytes(wide, seed: UInt64(100 + row)) : [UInt8](repeating: 240, count: wide)
            }
            var (sums, differences): ([Float], [Float]) = ([], [])
            let stride = wide + slack
            for (p, q) in zip(a, b) {
                sums += zip(p, q).map { Float($0) + Float($1) } + [Float](repeating: .nan, count: slack)
                differences += zip(p, q).map { Float($0) - Float($1) } + [Float](repeating: .nan, count: slack)
            }
            var map = [Float](repeating: -9, count: columns * 3 + 1)
            var totals = [Double](repeating: 1, count: 6)
            var scratch = [Float](repeating: .nan, count: dsv_similarity_scratch(columns * 3, taps))
            try sums.withUnsafeBufferPointer { sums in
                try differences.withUnsafeBufferPointer { differences in
                    let rows = (0..<taps).map { Optional(sums.baseAddress! + $0 * stride) }
                    let others = (0..<taps).map { Optional(differences.baseAddress! + $0 * stride) }
                    let floats = weights.map(Float.init)
                    let run = try Self.kernels(kind).similarity_row!
                    rows.withUnsafeBufferPointer { rows in
                        others.withUnsafeBufferPointer { others in
                            floats.withUnsafeBufferPointer { floats in
                                map.withUnsafeMutableBufferPointer { map in
                                    totals.withUnsafeMutableBufferPointer { totals in
                                        scratch.withUnsafeMutableBufferPointer { scratch in
                                            var job = dsv_similarity(
                                                sums: rows.baseAddress, differences: others.baseAddress,
                                                weights: floats.baseAddress, taps: taps, count: columns * 3,
                                                c1: Float(c1), c2: Float(c2), covariance: Float(covariance),
                                                scratch: scratch.baseAddress, similarity: map.baseAddress,
                                                totals: totals.baseAddress)
                                            run(&job)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            var expected = [Double](repeating: 1, count: 6)
            for i in 0..<(columns * 3) {
                var (ma, mb, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
                for y in 0..<taps {
                    for x in 0..<taps {
                        let (p, q) = (Double(a[y][i + 3 * x]), Double(b[y][i + 3 * x]))
                        let w = weights[x] * weights[y]
                        (ma, mb) = (ma + w * p, mb + w * q)
                        (aa, bb, ab) = (aa + w * p * p, bb + w * q * q, ab + w * p * q)
                    }
                }
                let contrast =
                    (2 * covariance * (ab - ma * mb) + c2) / (covariance * (aa - ma * ma + bb - mb * mb) + c2)
                let similarity = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1) * contrast
                #expect(abs(Double(map[i]) - similarity) < 1e-6, "\(i): \(map[i]), not \(similarity)")
                expected[i % 3] += similarity
                expected[3 + i % 3] += contrast
            }
            #expect(map[columns * 3] == -9)
            for (sum, other) in zip(totals, expected) { #expect(abs(sum - other) < 1e-6 * Double(columns)) }
        }
    }

    @Test("Sums of differences hold where 32 bits would not", arguments: kinds, [0, 1, 31, 65_536, 200_001])
    func differences(kind: String, count: Int) throws {
        let (a, b) = (Self.bytes(count, seed: 1), Self.bytes(count, seed: 2))
        let (white, black) = ([UInt8](repeating: 255, count: count), [UInt8](repeating: 0, count: count))
        for (a, b) in [(a, b), (white, black), (black, white)] {
            var (absolute, squared): (UInt64, UInt64) = (5, 7)
            try Self.kernels(kind).pixel_differences(a, b, count, &absolute, &squared)
            let differences = zip(a, b).map { abs(Int($0) - Int($1)) }
            #expect(Int(absolute) == 5 + differences.reduce(0, +))
            #expect(Int(squared) == 7 + differences.reduce(0) { $0 + $1 * $1 })
        }
    }

    @Test("Sums, differences and halves are exact", arguments: kinds, [1, 7, 16, 33])
    func halves(kind: String, columns: Int) throws {
        let kernels = try Self.kernels(kind)
        let rows = (0..<4).map { Self.bytes(columns * 6, seed: UInt64($0)) }
        var sums = [[Float]](repeating: [Float](repeating: 0, count: columns * 6), count: 2)
        var differences = sums
        for (y, (a, b)) in [(rows[0], rows[2]), (rows[1], rows[3])].enumerated() {
            kernels.sums_and_differences(a, b, columns * 6, &sums[y], &differences[y])
            #expect(sums[y] == zip(a, b).map { Float($0) + Float($1) })
            #expect(differences[y] == zip(a, b).map { Float($0) - Float($1) })
        }
        func half(_ rows: [[Float]]) -> [Float] {
            (0..<(columns * 3)).map { i in
                let j = i / 3 * 6 + i % 3
                return (rows[0][j] + rows[0][j + 3] + rows[1][j] + rows[1][j + 3]) / 4
            }
        }
        var (ofSums, ofDifferences, floats) = (sums[0], sums[0], sums[0])
        kernels.halve_bytes(rows[0], rows[1], rows[2], rows[3], columns, &ofSums, &ofDifferences)
        #expect(Array(ofSums.prefix(columns * 3)) == half(sums))
        #expect(Array(ofDifferences.prefix(columns * 3)) == half(differences))
        kernels.halve(sums[0], sums[1], columns, &floats)
        #expect(Array(floats.prefix(columns * 3)) == half(sums))
    }
}
