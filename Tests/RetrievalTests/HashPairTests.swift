import DreamSimRetrieval
import DreamSimSupport
import Foundation
import Testing

@Suite("Pairs of hashes")
struct HashPairTests {
    /// Random fingerprints of which some are near others, turned.
    static func fingerprints(_ count: Int, seed: UInt64) throws -> [PDQFingerprint] {
        var generator = SeededGenerator(state: seed)
        var all: [[UInt8]] = []
        for i in 0..<count {
            var bytes = (0..<256).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 16) }
            if i % 3 == 2 {
                let (other, turn) = (all[generator.index(below: i)], generator.index(below: 8))
                bytes = (0..<8).flatMap { other[(($0 ^ turn) * 32)..<(($0 ^ turn) * 32 + 32)] }
                // Up to about 40 of the 256 bits of each hash differ.
                for _ in 0..<generator.index(below: 8 * 40) {
                    let bit = generator.index(below: 2048)
                    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                }
            }
            all.append(bytes)
        }
        return try all.map { try #require(PDQFingerprint(bytes: $0 + [100])) }
    }

    /// Every image with every other in every orientation.
    static func plainPairs(_ fingerprints: [PDQFingerprint], within limit: Int) -> [HashPair] {
        var pairs: [HashPair] = []
        for (first, a) in fingerprints.enumerated() {
            for second in fingerprints.indices.dropFirst(first + 1) {
                var best: HashPair?
                for (orientation, hash) in zip(Orientation.allCases, a.hashes) {
                    let bits = hash.distance(to: fingerprints[second].hash)
                    guard bits <= limit, bits < best?.bits ?? .max else { continue }
                    best = HashPair(first: Int32(first), second: Int32(second), bits: bits, orientation: orientation)
                }
                if let best { pairs.append(best) }
            }
        }
        return pairs
    }

    @Test("The search finds what comparing all with all finds", arguments: [0, 10, 15, 16, 31, 32, 40])
    func exhaustive(limit: Int) throws {
        let fingerprints = try Self.fingerprints(300, seed: 5)
        let found = try HashPairSearch(fingerprints, within: limit).pairs()
        #expect(found == Self.plainPairs(fingerprints, within: limit))
        if limit >= 10 { #expect(found.count > 10) }
        if limit >= 31 { #expect(Set(found.map(\.orientation)).count == 8) }
    }

    @Test("Images that are the same in every orientation are one pair each")
    func identical() throws {
        let one = try #require(PDQFingerprint(bytes: [UInt8](repeating: 0x5A, count: 257)))
        let found = try HashPairSearch(Array(repeating: one, count: 50), within: 31).pairs()
        #expect(found.count == 50 * 49 / 2)
        #expect(found.allSatisfy { $0.bits == 0 && $0.orientation == .asIs })
    }

    @Test("None and one image have no pairs")
    func few() throws {
        #expect(try HashPairSearch([], within: 31).pairs().isEmpty)
        #expect(try HashPairSearch(Self.fingerprints(1, seed: 1), within: 31).pairs().isEmpty)
    }

    @Test("More pairs than fit the memory are an error")
    func tooMany() throws {
        let one = try #require(PDQFingerprint(bytes: [UInt8](repeating: 0x5A, count: 257)))
        #expect(throws: DreamSimError.self) {
            try HashPairSearch(Array(repeating: one, count: 6400), within: 31).pairs()
        }
    }
}
