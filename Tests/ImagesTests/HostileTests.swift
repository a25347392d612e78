import DreamSimCodecs
import DreamSimImages
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("Hostile images get a typed error or the stated outcome")
struct HostileTests {
    /// Decodes and returns the kind of the error, or nil when there was none.
    static func failure(_ bytes: [UInt8], _ options: DecodingOptions = .standard) -> DreamSimError? {
        do throws(DreamSimError) {
            _ = try Image(decoding: bytes, name: "hostile", options: options)
            return nil
        } catch {
            return error
        }
    }

    @Test("An empty file is named as empty") func empty() throws {
        let error = try #require(Self.failure([]))
        #expect(error.kind == .unsupported)
        #expect(error.description == "hostile: the file is empty; fetch or copy the file again, or save it anew")
    }

    @Test(
        "A file that is no image is refused with advice",
        arguments: [
            ("<!DOCTYPE html><html>404</html>", "web page"), ("<svg xmlns='x'/>", "SVG"), ("%PDF-1.7", "PDF"),
            ("8BPS\0\u{1}", "Photoshop"), ("\0\0\0\u{c}jP  \r\n", "JPEG 2000"), ("\0\0\0\u{c}JXL \r\n", "JPEG XL"),
            ("hello", "JPEG, PNG, WebP"),
        ])
    func otherFormats(text: String, advice: String) throws {
        let error = try #require(Self.failure(Array(text.utf8)))
        #expect(error.kind == .unsupported)
        #expect(error.reason.contains(advice))
    }

    static let onePerFormat = [
        "formats/baseline420.jpg", "formats/progressive.jpg", "formats/rgb.png", "formats/lossy.webp",
        "formats/lossless.webp", "formats/frame.gif", "formats/rgb.tif", "formats/rgb.bmp", "imaging/scene.heic",
        "imaging/scene.avif", "imaging/rgb8_interlaced.png", "imaging/lzw.tif",
    ]

    @Test("A file that was cut short throws wherever it was cut", arguments: onePerFormat)
    func truncated(path: String) throws {
        let bytes = try Builders.bytes(path)
        for percent in [1, 5, 10, 25, 50, 75, 90, 99] {
            let cut = Array(bytes.prefix(bytes.count * percent / 100))
            #expect(Self.failure(cut) != nil, "cut to \(percent)%")
        }
    }

    @Test("The pixel limit is checked from the header, before memory is taken")
    func pixelBombs() throws {
        let jpeg = try Builders.bytes("formats/baseline420.jpg")
        var hugeJPEG = jpeg
        for i in 0..<(jpeg.count - 9) where jpeg[i] == 0xFF && jpeg[i + 1] == 0xC0 {
            hugeJPEG.replaceSubrange((i + 5)..<(i + 9), with: [0xFF, 0xFF, 0xFF, 0xFF])
            break
        }
        let bombs: [(String, [UInt8])] = [
            ("PNG", Builders.png(width: 100_000, height: 100_000)),
            ("PNG of 2^31 - 1", Builders.png(width: 0x7FFF_FFFF, height: 0x7FFF_FFFF)), ("JPEG", hugeJPEG),
            ("GIF", Builders.gif(canvas: (65535, 65535), at: (0, 0))),
            ("TIFF", Builders.tiff(width: 200_000, height: 200_000)),
            ("BMP", Builders.bmp(width: 0x7FFF_FFFF, height: -0x7FFF_FFFF)),
        ]
        for (name, bytes) in bombs {
            let kind = Self.failure(bytes)?.kind
            #expect(kind == .limitExceeded, "\(name)")
        }
    }

    @Test("A HEIF header that claims a huge size throws", arguments: ["imaging/scene.heic", "imaging/scene.avif"])
    func hugeHEIF(path: String) throws {
        var bytes = try Builders.bytes(path)
        for i in 0..<(bytes.count - 16) where bytes[i..<(i + 4)].elementsEqual("ispe".utf8) {
            bytes.replaceSubrange((i + 8)..<(i + 16), with: Builders.big(60000) + Builders.big(60000))
        }
        #expect(Self.failure(bytes) != nil)
    }

    @Test("The limits are the caller's") func ownLimits() throws {
        let bytes = try Builders.bytes("formats/rgb.png")
        #expect(Self.failure(bytes, DecodingOptions(pixelLimit: 640 * 427 - 1))?.kind == .limitExceeded)
        #expect(Self.failure(bytes, DecodingOptions(pixelLimit: 640 * 427)) == nil)
        #expect(Self.failure(bytes, DecodingOptions(byteLimit: bytes.count - 1))?.kind == .limitExceeded)
        let error = #expect(throws: DreamSimError.self) {
            try Image(contentsOf: Fixtures.file("formats/rgb.png"), options: DecodingOptions(byteLimit: 1000))
        }
        #expect(error?.kind == .limitExceeded)
    }

    @Test("Compressed metadata of a PNG is dropped, never expanded", arguments: ["iCCP", "zTXt", "iTXt"])
    func metadataBombs(kind: String) throws {
        let prefix: [UInt8] = Array("icc\0\0".utf8)
        let bomb = Builders.chunk(kind, prefix + Builders.zlibBomb(megabytes: 1000))
        let bytes = try Builders.png("imaging/rgb8.png", with: bomb)
        let container = try Container(png: bytes, path: "bomb")
        #expect(container.bytes.count < 10_000)
        let image = try Image(decoding: bytes, name: "bomb")
        #expect(image == (try Image(contentsOf: Fixtures.file("imaging/rgb8.png"))))
    }

    @Test("A JPEG with hundreds of scans is refused before it is decoded") func manyScans() throws {
        let bytes = try Builders.jpeg(repeatingLastScanOf: "formats/progressive.jpg", times: 200)
        let error = try #require(Self.failure(bytes))
        #expect(error.kind == .limitExceeded)
        #expect(error.reason.contains("scans"))
    }

    @Test("A GIF frame beyond its screen enlarges it, within the limit", arguments: [(3, 0), (0, 3), (65535, 65535)])
    func frameBeyondCanvas(place: (Int, Int)) throws {
        let gif = Builders.gif(canvas: (4, 4), at: place)
        if place.0 > 4 {
            #expect(Self.failure(gif)?.kind == .limitExceeded)
        } else {
            let image = try Image(decoding: gif, name: "frame")
            #expect(image.width == max(4, place.0 + 2) && image.height == max(4, place.1 + 2))
        }
    }

    @Test("Of ten thousand GIF frames the first is decoded") func manyFrames() throws {
        let image = try Image(decoding: Builders.gif(canvas: (2, 2), at: (0, 0), frames: 10_000), name: "frames")
        #expect(image == (try Image(decoding: Builders.gif(canvas: (2, 2), at: (0, 0)), name: "frame")))
        #expect(image.width == 2 && image.height == 2)
    }

    @Test("TIFF directories in a circle end", .timeLimit(.minutes(1))) func cyclicTIFF() throws {
        // The first page is sound; the circle must neither hang nor crash.
        let sound = try Image(decoding: Builders.tiff(width: 4, height: 4), name: "sound")
        do throws(DreamSimError) {
            #expect(try Image(decoding: Builders.tiff(width: 4, height: 4, next: 8), name: "cycle") == sound)
        } catch { #expect(error.kind == .malformed) }
    }

    @Test("A TIFF with a huge tile or strip throws", arguments: [(322, 323), (278, 279)])
    func hugeTile(tags: (Int, Int)) {
        let bytes = Builders.tiff(
            width: 4, height: 4, extra: [(tags.0, 0x7FFF_FFF0), (tags.1, 0x7FFF_FFF0), (324, 400), (325, 16)])
        _ = Self.failure(bytes)  // Any typed outcome; a crash or an allocation of gigabytes would fail the run.
    }

    @Test(
        "A damaged EXIF block is ignored with a warning",
        arguments: [
            Builders.exif(orientation: 9), Builders.exif(orientation: 6, type: 12), Array("Exif\0\0XX".utf8),
            Array("Exif\0\0II*\0\u{7f}\u{7f}\u{7f}\u{7f}".utf8), Array(Builders.exif(orientation: 6).prefix(22)),
        ])
    func badExif(block: [UInt8]) throws {
        let bytes = try Builders.jpeg("imaging/orientation_1.jpg", with: block, marker: 0xE1)
        let (image, info) = try Image.decode(bytes, name: "exif")
        #expect(image == (try Image(contentsOf: Fixtures.file("imaging/orientation_1.jpg"))))
        #expect(info.appliedOrientation == 1)
        #expect(info.warnings.count == 1)
        #expect(info.warnings.first?.contains("EXIF") == true)
    }

    @Test("A damaged ICC profile is ignored with a warning") func badProfile() throws {
        let block = Array("ICC_PROFILE\0\u{1}\u{1}".utf8) + [UInt8](repeating: 0xAA, count: 50)
        let bytes = try Builders.jpeg("formats/baseline420.jpg", with: block, marker: 0xE2)
        let (image, info) = try Image.decode(bytes, name: "profile")
        #expect(image == (try Image(contentsOf: Fixtures.file("formats/baseline420.jpg"))))
        #expect(info.hasColorProfile)
        #expect(info.warnings.first?.contains("ICC") == true)
    }

    @Test("Bytes of every format with changes anywhere decode or throw", .timeLimit(.minutes(30)), arguments: fuzzed)
    func mutations(path: String) throws {
        let original = try Builders.bytes(path)
        var random = SplitMix(state: UInt64(original.count))
        var decoded = 0
        let options = DecodingOptions(pixelLimit: 4_000_000)
        for _ in 0..<Self.mutationsEach {
            var bytes = original
            for _ in 0..<(1 + random.next(6)) {
                // Headers are the richer target, so half of the changes fall into the first 200 bytes.
                let place = random.next(random.next(2) == 0 ? min(200, bytes.count) : bytes.count)
                switch random.next(5) {
                case 0: bytes[place] = UInt8(random.next(256))
                case 1: bytes[place] ^= 1 << UInt8(random.next(8))
                case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.next(5)]
                case 3: bytes.removeSubrange(place..<min(place + 1 + random.next(8), bytes.count - 1))
                default:
                    bytes.insert(contentsOf: (0..<(1 + random.next(8))).map { _ in UInt8(random.next(256)) }, at: place)
                }
            }
            if path.hasSuffix("png"), random.next(4) > 0 { Builders.reseal(&bytes) }
            if Self.failure(bytes, options) == nil { decoded += 1 }
        }
        #expect(decoded < Self.mutationsEach, "no change reached the decoder")
    }

    /// The number of mutations of each file; `DREAMSIM_FUZZ` raises it for long runs.
    static let mutationsEach = ProcessInfo.processInfo.environment["DREAMSIM_FUZZ"].flatMap { Int($0) } ?? 400

    static let fuzzed = [
        "imaging/orientation_6.jpg", "imaging/cmyk_adobe.jpg", "imaging/profile.png", "imaging/palette4_interlaced.png",
        "imaging/orientation_6.webp", "imaging/alpha_lossy.webp", "imaging/animated.webp", "imaging/transparent.gif",
        "imaging/interlaced.gif", "imaging/lzw.tif", "imaging/jpeg.tif", "imaging/one_bit.tif", "imaging/pages.tif",
        "imaging/bits8.bmp", "imaging/bits32_alpha.bmp", "imaging/scene.heic", "imaging/scene.avif",
        "formats/one_pixel.png",
    ]
}

/// A small deterministic generator.
struct SplitMix {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ z >> 31) % UInt64(bound))
    }
}
