import DreamSimCodecs
import DreamSimImages
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("Perceptual hashes")
struct HashTests {
    /// What pdqhash and ImageHash say of an image.
    struct Recorded: Decodable {
        let quality: Int
        let orientations: [String]
        let perceptual: String
        let difference: String
    }

    /// The same as `perceptual_hashes.py` of the larger golden data writes it.
    struct SharedRecord: Decodable {
        let quality: Int
        let dihedral: [String]
        let phash: String
        let dhash: String
    }

    static func expect(_ image: Image, _ recorded: Recorded, _ name: String) throws {
        let fingerprint = PDQFingerprint(image)
        #expect(recorded.orientations.count == 8)
        for (hash, text) in zip(fingerprint.hashes, recorded.orientations) {
            #expect(hash.distance(to: try #require(PDQHash(hexadecimal: text))) <= 2, "\(name)")
        }
        #expect(abs(fingerprint.quality - recorded.quality) <= 2, "\(name)")
        #expect(image.perceptualHash() == UInt64(recorded.perceptual, radix: 16), "\(name)")
        #expect(image.differenceHash() == UInt64(recorded.difference, radix: 16), "\(name)")
    }

    @Test("Hashes of the samples are those of pdqhash and ImageHash")
    func samples() throws {
        let data = try Data(contentsOf: Fixtures.file("hashes.json"))
        let all = try JSONDecoder().decode([String: Recorded].self, from: data)
        #expect(all.count == 13)
        for (name, recorded) in all {
            let file = Fixtures.packageRoot.appending(path: name)
            try Self.expect(Image(contentsOf: file, options: .reference), recorded, name)
        }
    }

    @Test(
        "Hashes of photographs are those of pdqhash and ImageHash",
        .enabled(if: Fixtures.shared != nil, "\(Fixtures.sharedIsMissing)"))
    func photographs() throws {
        let shared = try #require(Fixtures.shared)
        let data = try Data(contentsOf: shared.appending(path: "golden/sets/hashes.json"))
        let photographs = try JSONDecoder().decode([String: SharedRecord].self, from: data)
            .filter { $0.key.hasSuffix(".png") }
        #expect(photographs.count == 9)
        for (name, record) in photographs {
            let image = try Image(contentsOf: shared.appending(path: "data/nights-png/\(name)"), options: .reference)
            let recorded = Recorded(
                quality: record.quality, orientations: record.dihedral, perceptual: record.phash,
                difference: record.dhash)
            try Self.expect(image, recorded, name)
        }
    }

    /// Where the pixel at a place of the result comes from, worked out on paper for each orientation.
    static func turned(_ image: Image, _ orientation: Orientation) -> Image {
        let (w, h) = (image.width, image.height)
        let isUpright = [.asIs, .turnedHalf, .flipped, .mirrored].contains(orientation)
        let (width, height) = isUpright ? (w, h) : (h, w)
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let color =
                    switch orientation {
                    case .asIs: image[x, y]
                    case .turnedLeft: image[w - 1 - y, x]
                    case .turnedHalf: image[w - 1 - x, h - 1 - y]
                    case .turnedRight: image[y, h - 1 - x]
                    case .flipped: image[x, h - 1 - y]
                    case .mirrored: image[w - 1 - x, y]
                    case .mirroredTurnedLeft: image[y, x]
                    case .mirroredTurnedRight: image[w - 1 - y, h - 1 - x]
                    }
                pixels += [color.red, color.green, color.blue]
            }
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    @Test("The hash of a turned image is the one foretold, and no other matches", arguments: Orientation.allCases)
    func orientations(_ orientation: Orientation) throws {
        let image = try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/scene.jpg"))
        let foretold = PDQFingerprint(image).hashes
        let actual = PDQFingerprint(Self.turned(image, orientation)).hash
        for (other, hash) in zip(Orientation.allCases, foretold) {
            let distance = actual.distance(to: hash)
            #expect(other == orientation ? distance <= 24 : distance > 31, "\(other): \(distance) bits")
        }
    }

    @Test("An image of one color says nothing", arguments: [RGB.black, .white, RGB(10, 200, 30)])
    func uniform(_ color: RGB) {
        let image = Image(width: 100, height: 70, filledWith: color)
        #expect(PDQFingerprint(image).quality == 0)
        #expect(image.differenceHash() == 0)
        #expect(image.perceptualHash() == (color == .black ? 0 : 1 << 63))
    }

    @Test(
        "Small and narrow images have hashes",
        arguments: [(1, 1), (3, 500), (500, 3), (5, 5), (5, 20_000), (20_000, 5), (64, 64), (127, 129)])
    func sizes(_ width: Int, _ height: Int) {
        let pixels = (0..<(width * height * 3)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let image = Image(width: width, height: height, pixels: pixels)
        let fingerprint = PDQFingerprint(image)
        if min(width, height) < 5 {
            #expect(fingerprint.quality == 0)
            #expect(fingerprint.hashes.allSatisfy { $0.bytes == [UInt8](repeating: 0, count: 32) })
        } else {
            // Half of the frequencies are above the median.
            #expect(fingerprint.hash.bytes.reduce(0) { $0 + $1.nonzeroBitCount } == 128)
        }
        _ = (image.differenceHash(), image.perceptualHash())
    }

    @Test("Hashes and fingerprints are read back from bytes, text and JSON")
    func roundTrips() throws {
        let image = try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/scene.jpg"))
        let fingerprint = PDQFingerprint(image)
        let hash = fingerprint.hash
        #expect(PDQHash(bytes: hash.bytes) == hash)
        #expect(PDQHash(hexadecimal: hash.hexadecimal) == hash)
        #expect(hash.bytes.hexadecimal == hash.hexadecimal)
        #expect(try JSONDecoder().decode(PDQHash.self, from: JSONEncoder().encode(hash)) == hash)
        #expect(fingerprint.bytes.count == PDQFingerprint.byteCount)
        #expect(PDQFingerprint(bytes: fingerprint.bytes) == fingerprint)
        #expect(PDQHash(bytes: hash.bytes.dropLast()) == nil)
        #expect(PDQHash(hexadecimal: String(repeating: "g", count: 64)) == nil)
        #expect(PDQFingerprint(bytes: fingerprint.bytes.dropLast() + [101]) == nil)
        #expect(PDQFingerprint(bytes: [UInt8](repeating: 0, count: 32)) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(PDQHash.self, from: Data("\"\(hash.hexadecimal.dropLast())\"".utf8))
        }
    }
}
