import Foundation
import GRDB

/// What an index notes of an image's look beside its embedding: no model takes part, so that copies are found the same way
/// whatever the index's model is.
struct Fingerprint: Sendable {
    /// Its perceptual hash, with those of its turned and mirrored copies.
    let hash: PDQFingerprint
    /// By what re-encoded copies are told from edited ones.
    let signature: CopySignature

    /// Makes the fingerprint of an image as it was decoded.
    init(_ image: Image) {
        (hash, signature) = (PDQFingerprint(image), CopySignature(image))
    }

    /// As the index keeps it.
    var data: Data { Data(hash.bytes + signature.bytes) }

    /// Reads what the index keeps; nil for what is no fingerprint.
    init?(data: Data) {
        let bytes = Array(data)
        guard bytes.count > PDQFingerprint.byteCount,
            let hash = PDQFingerprint(bytes: bytes[..<PDQFingerprint.byteCount]),
            let signature = CopySignature(bytes: bytes[PDQFingerprint.byteCount...])
        else { return nil }
        (self.hash, self.signature) = (hash, signature)
    }
}

extension Fingerprint {
    /// Whether one is the other compressed again or resized, without any edit.
    ///
    /// Of 30 photographs, JPEGs of quality 40 and better and WebP differ from the original in at most 6 of 256 bits, halves in 10,
    /// small thumbnails in 30. More bits are another content, as of two screenshots of one window, whose signatures agree.
    static func isReencoding(_ a: Fingerprint, _ b: Fingerprint, bits: Int) -> Bool {
        let (first, second) = (a.signature, b.signature)
        let isSameSize = (first.width, first.height) == (second.width, second.height)
        let isSmall = min(first.width, first.height, second.width, second.height) < 320
        return bits <= (isSameSize ? 6 : isSmall ? 31 : 14) && first.isReencoding(of: second)
    }

    /// Whether a small distance of two images says that one is a copy of the other. To a model all plain images are alike, a gray
    /// one and a white one; where there is nothing to see but a color, the colors have to agree.
    static func canBeCopies(_ a: Fingerprint, _ b: Fingerprint) -> Bool {
        min(a.hash.quality, b.hash.quality) > 0 || a.signature.colorDifference(from: b.signature) < 6
    }
}

/// How the perceptual hashes of two images agree.
package struct HashMatch: Sendable, Hashable, Encodable {
    /// In how many of 256 bits they differ.
    package let bits: Int
    /// How one is turned or mirrored to be like the other.
    package let orientation: Orientation
}

extension IndexReader {
    /// The fingerprints of some rows; rows without one are left out.
    func fingerprints(of rows: [Int32]) throws -> [(row: Int32, fingerprint: Fingerprint)] {
        try read { db in
            let statement = try db.cachedStatement(sql: "SELECT fingerprint FROM content WHERE row = ?")
            return try rows.compactMap { row in
                try Data.fetchOne(statement, arguments: [Int(row)]).flatMap(Fingerprint.init(data:)).map { (row, $0) }
            }
        }
    }

    /// Pairs whose perceptual hashes agree, with the distances of their vectors.
    /// - Parameters:
    ///   - fingerprints: with ascending rows.
    ///   - thresholds: how far hashes may differ, and how good they must be.
    /// - Throws: `DreamSimError` with `.badRequest` when there are too many.
    func hashPairs(
        of fingerprints: [(row: Int32, fingerprint: Fingerprint)], _ thresholds: DuplicateThresholds
    ) throws -> [RowPair] {
        // A hash of a plain image says nothing; turning and resizing change a quality a little.
        let usable = fingerprints.filter { 2 * $0.fingerprint.hash.quality >= thresholds.quality }
        let pairs = try HashPairSearch(usable.map(\.fingerprint.hash), within: thresholds.bits).pairs().compactMap {
            match -> RowPair? in
            let (a, b) = (usable[Int(match.first)], usable[Int(match.second)])
            let quality = max(a.fingerprint.hash.quality, b.fingerprint.hash.quality)
            guard quality >= thresholds.quality else { return nil }
            var pair = RowPair(
                first: a.row, second: b.row,
                distance: Embedding.cosineDistance(vectors.values(Int(a.row)), vectors.values(Int(b.row))))
            pair.match = HashMatch(bits: match.bits, orientation: match.orientation)
            // A model that is calibrated sees edits that are too local for the signature.
            pair.isReencoding =
                match.orientation == .asIs && pair.distance <= thresholds.near ?? .infinity
                && Fingerprint.isReencoding(a.fingerprint, b.fingerprint, bits: match.bits)
            return pair
        }
        let signatures = Dictionary(uniqueKeysWithValues: usable.map { ($0.row, $0.fingerprint.signature) })
        return Self.withoutAmbiguity(pairs) { signatures[$0].map { $0.width * $0.height } ?? 0 }
    }

    /// A small image can look like a copy of an original and of an edit of it, whose difference it is too small to show. Then it
    /// is a re-encoded copy only of those larger images that most others of them are copies of; of none when they all differ.
    private static func withoutAmbiguity(_ pairs: [RowPair], pixels: (Int32) -> Int) -> [RowPair] {
        let near = Neighbors(pairs.filter(\.isReencoding))
        var refuted: Set<[Int32]> = []
        func areSame(_ a: Int32, _ b: Int32) -> Bool {
            near[a, b].map { !refuted.contains([$0.first, $0.second]) } ?? false
        }
        // From the largest on: what larger images are copies of is clear by then.
        for row in near.rows.sorted(by: { pixels($0) != pixels($1) ? pixels($0) > pixels($1) : $0 < $1 }) {
            let larger = near.pairs(of: row).filter { pixels($0.other(than: row)) > pixels(row) }
                .sorted { $0.isCloser(than: $1) }
            guard larger.count > 1 else { continue }
            func agreeing(_ pair: RowPair) -> Int {
                larger.count { areSame($0.other(than: row), pair.other(than: row)) }
            }
            let counts = larger.map(agreeing)
            // The first of those with the most is the closest one.
            let best = counts.indices.max { counts[$0] < counts[$1] || (counts[$0] == counts[$1] && $0 > $1) } ?? 0
            for (index, pair) in larger.enumerated() {
                let isSame = index == best || areSame(larger[best].other(than: row), pair.other(than: row))
                if counts[best] == 0 || !isSame { refuted.insert([pair.first, pair.second]) }
            }
        }
        return pairs.map { pair in
            var pair = pair
            if refuted.contains([pair.first, pair.second]) { pair.isReencoding = false }
            return pair
        }
    }
}
