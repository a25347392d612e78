import DreamSimCodecs
import DreamSimImages
import Foundation
import TestSupport
import Testing

@Suite("Decoding")
struct DecodingTests {
    @Test("All eight EXIF orientations show the same image upright", arguments: 1...8)
    func orientations(value: Int) throws {
        let url = Fixtures.file("imaging/orientation_\(value).jpg")
        let (shown, info) = try Image.decode(contentsOf: url)
        let stored = try Image(contentsOf: url, options: DecodingOptions(orientation: .ignored))
        #expect(info.statedOrientation == value && info.appliedOrientation == value)
        #expect(info.storedWidth == 32 && info.storedHeight == 20)
        #expect(shown.width == (value >= 5 ? 20 : 32))
        #expect(stored.width == 32)
        let ignored = try Image.decode(contentsOf: url, options: .reference).info
        #expect(ignored.statedOrientation == value && ignored.appliedOrientation == 1)
        // Each pixel by the definition of the tag, one at a time.
        for y in 0..<shown.height {
            for x in 0..<shown.width {
                let (w, h) = (stored.width, stored.height)
                let place =
                    [
                        (x, y), (w - 1 - x, y), (w - 1 - x, h - 1 - y), (x, h - 1 - y), (y, x), (y, h - 1 - x),
                        (w - 1 - y, h - 1 - x), (w - 1 - y, x),
                    ][value - 1]
                #expect(shown[x, y] == stored[place.0, place.1])
            }
        }
    }

    @Test(
        "The format is told from the content",
        arguments: [
            ("formats/baseline420.jpg", ImageFormat.jpeg), ("formats/rgb.png", .png), ("formats/lossy.webp", .webp),
            ("formats/frame.gif", .gif), ("formats/rgb.tif", .tiff), ("formats/rgb.bmp", .bmp),
            ("imaging/scene.heic", .heic),
            ("imaging/scene.avif", .avif),
        ])
    func formats(path: String, format: ImageFormat) throws {
        #expect(try Image.decode(contentsOf: Fixtures.file(path)).info.format == format)
    }

    @Test("HEIC and AVIF come close to the image they were made from", arguments: ["scene.heic", "scene.avif"])
    func heif(name: String) throws {
        let expected = try Image(contentsOf: Fixtures.file("imaging/scene.png"))
        let actual = try Image(contentsOf: Fixtures.file("imaging/\(name)"))
        #expect(actual.width == expected.width && actual.height == expected.height)
        let sum = zip(actual.pixels, expected.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        let mean = Double(sum) / Double(expected.pixels.count)
        #expect(mean < 6, "mean absolute difference \(mean)")
    }

    @Test("AVIF with alpha is composited or dropped") func alphaAVIF() throws {
        let url = Fixtures.file("imaging/alpha.avif")
        let (shown, info) = try Image.decode(contentsOf: url)
        let (dropped, _) = try Image.decode(contentsOf: url, options: .reference)
        #expect(info.hasAlpha)
        #expect(shown != dropped)
    }

    @Test("Alpha is composited over the stated color, rounded to nearest") func background() throws {
        let url = Fixtures.file("formats/rgba.png")
        let below = try Image(contentsOf: url, options: .reference)
        let overBlack = try Image(contentsOf: url, options: DecodingOptions(alpha: .composited(over: .black)))
        let overWhite = try Image(contentsOf: url, options: .standard)
        var worst = 0.0
        for i in below.pixels.indices where below.pixels[i] > 0 {
            // black = c * a, white = c * a + (1 - a): both within half a step of the exact value.
            let alpha = 1 - (Double(overWhite.pixels[i]) - Double(overBlack.pixels[i])) / 255
            worst = max(worst, abs(Double(overBlack.pixels[i]) - Double(below.pixels[i]) * alpha))
        }
        #expect(worst <= 1.51, "\(worst)")
    }

    @Test("16-bit gray keeps its upper 8 bits") func gray16() throws {
        let (image, info) = try Image.decode(contentsOf: Fixtures.file("formats/gray16.png"))
        #expect(!info.hasAlpha)
        #expect(Set(image.pixels).count > 100)
        // A 16x1 image whose lower bytes are all 0x80: only the upper ones show.
        let tops = (0..<16).map { UInt8($0 * 17) }
        var row: [UInt8] = [0]
        for top in tops { row += [top, 0x80] }
        var header = Builders.big(16) + Builders.big(1)
        header += [16, 0, 0, 0, 0]
        var png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        png += Builders.chunk("IHDR", header)
        png += Builders.chunk("IDAT", Builders.zlibStored(row))
        png += Builders.chunk("IEND", [])
        #expect(try Image(decoding: png, name: "gray16").pixels == tops.flatMap { top -> [UInt8] in [top, top, top] })
    }

    /// The files are made by encoders that err or are rare; the PNGs beside them are what Pillow 13.0.0 reads.
    @Test(
        "Screens of no size or too small, runs and 16 bits a pixel are read as Pillow reads them",
        arguments: ["zerocanvas.gif", "beyond.gif", "offsetbeyond.gif", "brle8.bmp", "b565.bmp"])
    func odd(name: String) throws {
        let expected = name.prefix { $0 != "." } + ".expected.png"
        #expect(
            try Image(contentsOf: Fixtures.file("imaging/odd/" + name), options: .reference)
                == Image(contentsOf: Fixtures.file("imaging/odd/\(expected)")))
    }

    @Test("A PNG without its end chunk is read with a warning, one that ends in a chunk is not")
    func noEnd() throws {
        let bytes = try Builders.bytes("formats/rgb.png")
        let (image, info) = try Image.decode(Array(bytes.dropLast(12)), name: "cut")
        #expect(try image == Image(decoding: bytes, name: "whole") && info.warnings.count == 1)
        #expect(throws: DreamSimError.self) { try Image(decoding: Array(bytes.dropLast(13)), name: "cut") }
    }

    @Test("A profile without a color space is noted and ignored", arguments: ["png", "jpg"])
    func profile(suffix: String) throws {
        let (image, info) = try Image.decode(contentsOf: Fixtures.file("imaging/profile.\(suffix)"))
        #expect(info.hasColorProfile)
        #expect(info.warnings.count == 1 && info.warnings[0].contains("ignored"))
        #expect(image.width == 37)
    }

    @Test("Around a small GIF frame the canvas is transparent by default") func smallFrame() throws {
        let image = try Image(contentsOf: Fixtures.file("imaging/small_frame.gif"))
        #expect(image.width == 50 && image.height == 40)
        #expect(image[0, 0] == .white)
    }

    @Test("An image of one pixel grows, and everything shrinks to one pixel") func extremes() throws {
        let dot = Image(width: 1, height: 1, filledWith: RGB(0x345678))
        #expect(dot.resized(width: 224, height: 224) == Image(width: 224, height: 224, filledWith: RGB(0x345678)))
        let line = Image(width: 30_000, height: 1, filledWith: RGB(1, 2, 3))
        #expect(line.resized(width: 1, height: 1)[0, 0] == RGB(1, 2, 3))
        for fit in [Image.Fit.stretch, .pad(.white), .crop] {
            let fitted = line.fitted(width: 224, height: 224, fit: fit)
            #expect(fitted.width == 224 && fitted.height == 224)
        }
        #expect(line.fitted(width: 224, height: 224, fit: .pad(.white))[0, 0] == .white)
        #expect(line.fitted(width: 224, height: 224, fit: .crop)[0, 0] == RGB(1, 2, 3))
    }

    @Test("Without antialiasing a shrunk image samples four neighbors an axis") func withoutAntialiasing() {
        // Alternating columns: sampled at the same phase they stay one color, averaged they become gray.
        let stripes = Image(
            width: 64, height: 8, pixels: (0..<(64 * 8)).flatMap { [UInt8](repeating: $0 % 2 == 0 ? 0 : 255, count: 3) }
        )
        let smooth = stripes.resized(width: 8, height: 8, filter: .bilinear)
        let sharp = stripes.resized(width: 8, height: 8, filter: .box, antialias: false)
        #expect(smooth.pixels.allSatisfy { abs(Int($0) - 128) < 20 })
        #expect(sharp.pixels.allSatisfy { $0 == 0 || $0 == 255 })
    }

    @Test("Options are written and read back") func codable() throws {
        for options in [DecodingOptions.standard, .reference, DecodingOptions(alpha: .composited(over: RGB(1, 2, 3)))] {
            let data = try JSONEncoder().encode(options)
            #expect(try JSONDecoder().decode(DecodingOptions.self, from: data) == options)
        }
    }
}
