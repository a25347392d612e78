import DreamSimCodecs
import DreamSimImages
import Foundation
import TestSupport
import Testing

@Suite("Signatures of copies")
struct CopySignatureTests {
    static let scene = try? sample("scene")

    static func sample(_ name: String) throws -> Image {
        try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/\(name).jpg"))
    }

    /// Objects with edges and fine stripes on a sky that grows lighter.
    static let drawing: Image = {
        var canvas = Canvas(width: 600, height: 400)
        for y in 0..<400 {
            canvas.fill(x: 0, y: y, width: 600, height: 1, color: RGB(UInt8(90 + y / 4), UInt8(120 + y / 4), 230))
        }
        for i in 0..<40 {
            let (shade, x) = (UInt8(37 * i % 256), 71 * i % 560)
            canvas.fill(
                x: x, y: 150 + 53 * i % 220, width: 25 + 11 * i % 60, height: 20 + 7 * i % 50,
                color: RGB(shade, UInt8(255 - Int(shade)), UInt8(91 * i % 256)), radius: Double(i % 9))
            for k in 0..<8 { canvas.fill(x: x + 4 * k, y: 300, width: 2, height: 60, color: .black) }
        }
        return canvas.image
    }()

    static func reencoded(_ image: Image, quality: Int) throws -> Image {
        try Image(decoding: image.jpegData(quality: quality), name: "JPEG")
    }

    /// Expects the same in both orders, and with one of them kept as bytes.
    static func expect(
        _ a: Image, _ b: Image, isReencoding: Bool, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (a, b) = (CopySignature(a), CopySignature(b))
        let kept = try #require(CopySignature(bytes: b.bytes))
        #expect(kept == b, sourceLocation: sourceLocation)
        #expect(a.isReencoding(of: kept) == isReencoding, "\(name)", sourceLocation: sourceLocation)
        #expect(kept.isReencoding(of: a) == isReencoding, "\(name)", sourceLocation: sourceLocation)
    }

    @Test("A copy that was compressed again or resized is one", arguments: [scene, drawing])
    func copies(_ image: Image?) throws {
        let image = try #require(image)
        let (w, h) = (image.width, image.height)
        // Drawings have fine detail that stronger compression takes away: such copies are refused, as others are in doubt.
        try Self.expect(image, image, isReencoding: true, "itself")
        try Self.expect(image, Self.reencoded(image, quality: 95), isReencoding: true, "JPEG 95")
        for filter in [ResamplingFilter.bicubic(a: -0.5), .bilinear, .lanczos] {
            let small = image.resized(width: 160, height: 160 * h / w, filter: filter)
            try Self.expect(image, small, isReencoding: true, "160 pixels, \(filter)")
        }
    }

    @Test(
        "A slight edit is none, even when it is compressed or resized afterwards",
        arguments: [
            (Alteration.blur, 0.25), (.noise, 3), (.brightness, 0.1), (.contrast, 0.1), (.hue, 15),
            (.desaturation, 1), (.crop, 0.02), (.shift, 1), (.rotation, 1), (.mirror, 1),
        ])
    func edits(_ alteration: Alteration, _ strength: Double) throws {
        for image in [try #require(Self.scene), Self.drawing] {
            let edited = try alteration.applied(to: image, strength: strength, seed: 1)
            let half = edited.resized(width: edited.width / 2, height: edited.height / 2)
            try Self.expect(image, edited, isReencoding: false, "\(alteration)")
            try Self.expect(image, Self.reencoded(edited, quality: 75), isReencoding: false, "\(alteration), JPEG")
            // Half the size averages most of slight noise away.
            if alteration != .noise { try Self.expect(image, half, isReencoding: false, "\(alteration), half") }
        }
    }

    @Test("Something pasted is an edit")
    func pasted() throws {
        for image in [try #require(Self.scene), Self.drawing] {
            var canvas = Canvas(image)
            canvas.fill(x: image.width - 40, y: 20, width: 30, height: 30, color: RGB(250, 240, 60), radius: 15)
            try Self.expect(image, canvas.image, isReencoding: false, "a sticker")
        }
    }

    @Test(
        "The samples that were edited are no copies of the scene",
        arguments: ["blurred", "different", "mirrored", "noisy", "recolored", "shifted", "zoomed"])
    func samples(_ name: String) throws {
        try Self.expect(try #require(Self.scene), Self.sample(name), isReencoding: false, name)
    }

    @Test("Blank and tiny images have signatures; colors and proportions must agree")
    func blank() throws {
        func blank(_ width: Int, _ height: Int, _ color: RGB) -> Image {
            Image(width: width, height: height, filledWith: color)
        }
        let gray = RGB(100, 100, 100)
        try Self.expect(blank(300, 200, gray), blank(150, 100, gray), isReencoding: true, "half")
        try Self.expect(blank(1, 1, gray), blank(1, 1, gray), isReencoding: true, "a pixel")
        try Self.expect(blank(300, 200, gray), blank(300, 200, RGB(104, 104, 104)), isReencoding: false, "lighter")
        try Self.expect(blank(300, 200, gray), blank(300, 200, RGB(100, 100, 112)), isReencoding: false, "bluer")
        try Self.expect(blank(300, 200, gray), blank(200, 200, gray), isReencoding: false, "other proportions")
        try Self.expect(blank(3, 5000, gray), blank(5000, 3, gray), isReencoding: false, "turned")
    }

    @Test("Only bytes that a signature gives are read as one")
    func bytes() {
        let bytes = CopySignature(Self.drawing).bytes
        #expect(bytes.count == CopySignature.byteCount)
        #expect(bytes.count < 2500)
        #expect(CopySignature(bytes: bytes.dropLast()) == nil)
        #expect(CopySignature(bytes: bytes + [0]) == nil)
        #expect(CopySignature(bytes: [0, 0, 0, 0] + bytes.dropFirst(4)) == nil)
    }
}
