import DreamSimCodecs
import DreamSimImages
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// One line of `digests.txt`.
struct Digest: CustomTestStringConvertible, Sendable {
    let mode: String
    let name: String
    let width: Int
    let height: Int
    let sha256: String

    var testDescription: String { "\(mode) of \(name)" }

    static let all: [Digest] = {
        let text = (try? String(contentsOf: Fixtures.file("imaging/digests.txt"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 5, let width = Int(fields[2]), let height = Int(fields[3]) else { return nil }
            return Digest(mode: fields[0], name: fields[1], width: width, height: height, sha256: fields[4])
        }
    }()

    func expect(_ image: Image, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(image.width == width && image.height == height, sourceLocation: sourceLocation)
        #expect(digest(of: image) == sha256, sourceLocation: sourceLocation)
    }

    private func digest(of image: Image) -> String { SHA256Digest.hex(of: image.pixels) }
}

@Suite("Images equal Pillow's by SHA-256")
struct DigestTests {
    @Test("There is a digest for every mode") func thereAreDigests() {
        #expect(Digest.all.count > 500)
    }

    @Test(
        "In reference mode a file decodes as Image.convert(\"RGB\") does",
        arguments: Digest.all.filter { $0.mode == "reference" })
    func reference(_ digest: Digest) throws {
        digest.expect(try Image(contentsOf: Fixtures.file(digest.name), options: .reference))
    }

    @Test("The preprocessing of the reference is reproduced", arguments: Digest.all.filter { $0.mode == "preprocess" })
    func preprocess(_ digest: Digest) throws {
        let image = try Image(contentsOf: Fixtures.file(digest.name), options: .reference)
        digest.expect(image.resized(width: 224, height: 224))
    }

    /// Pillow shows the canvas around a GIF's frame in the first color; we show it as transparent, as browsers do.
    @Test(
        "By default an image is upright and over white",
        arguments: Digest.all.filter { $0.mode == "standard" && $0.name != "imaging/small_frame.gif" })
    func standard(_ digest: Digest) throws {
        digest.expect(try Image(contentsOf: Fixtures.file(digest.name)))
    }

    @Test(
        "Resizing equals Pillow's for every filter and direction",
        arguments: Digest.all.filter { $0.mode.contains(":") })
    func resizing(_ digest: Digest) throws {
        let source = try Image(contentsOf: Fixtures.file(digest.name), options: .reference)
        let parts = digest.mode.split(separator: ":")[1].split(separator: "x").compactMap { Int($0) }
        let (width, height) = (parts[0], parts[1])
        switch digest.mode.prefix(while: { $0 != ":" }) {
        case "bicubic": digest.expect(source.resized(width: width, height: height, filter: .bicubic(a: -0.5)))
        case "bilinear": digest.expect(source.resized(width: width, height: height, filter: .bilinear))
        case "box": digest.expect(source.resized(width: width, height: height, filter: .box))
        case "lanczos": digest.expect(source.resized(width: width, height: height, filter: .lanczos))
        case "pad": digest.expect(source.fitted(width: width, height: height, fit: .pad(RGB(10, 200, 30))))
        case "fit": digest.expect(source.fitted(width: width, height: height, fit: .crop))
        default: Issue.record("an unknown mode \(digest.mode)")
        }
    }
}
