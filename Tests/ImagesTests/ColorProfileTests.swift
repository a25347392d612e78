import DreamSimCodecs
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("Color profiles")
struct ColorProfileTests {
    /// A PNG of one row of colors, with chunks before them.
    private static func png(_ colors: [[UInt8]], _ chunks: [UInt8]) -> [UInt8] {
        let header = Builders.chunk("IHDR", Builders.big(colors.count) + Builders.big(1) + [8, 2, 0, 0, 0])
        let rows = Builders.chunk("IDAT", Builders.zlibStored([0] + colors.joined()))
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + header + chunks + rows + Builders.chunk("IEND", [])
    }

    private static let colors: [[UInt8]] = [
        [255, 255, 255], [0, 0, 0], [128, 128, 128], [200, 120, 60], [40, 160, 90], [90, 60, 200], [230, 200, 30],
    ]

    /// What Display P3's numbers are in sRGB: the same curve, other primaries (CSS Color 4, 17).
    private static func fromP3(_ color: [UInt8]) -> [Double] {
        let light = color.map { value -> Double in
            let v = Double(value) / 255
            return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)
        }
        let matrix = [
            [1.224_940_18, -0.224_940_18, 0], [-0.042_056_95, 1.042_056_95, 0],
            [-0.019_637_55, -0.078_636_05, 1.098_273_60],
        ]
        return matrix.map { row in
            let value = min(max(zip(row, light).reduce(0) { $0 + $1.0 * $1.1 }, 0), 1)
            return 255 * (value <= 0.003_130_8 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055)
        }
    }

    private static func p3() throws -> [UInt8] { try Builders.bytes("imaging/odd/display-p3.icc") }

    private static func iccp(_ profile: [UInt8]) -> [UInt8] {
        Builders.chunk("iCCP", Array("P3".utf8) + [0, 0] + Builders.zlibStored(profile))
    }

    private static func check(
        _ bytes: [UInt8], is expected: [[Double]], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (image, info) = try Image.decode(bytes, name: "p3")
        let difference = zip(image.pixels, expected.joined()).map { abs(Double($0) - $1) }.max() ?? 255
        #expect(difference <= 1.5, "\(difference) of 255", sourceLocation: sourceLocation)
        #expect(info.warnings.count == 1 && info.warnings[0].contains("was applied"), sourceLocation: sourceLocation)
    }

    @Test("Wide colors come out as sRGB's, whether an ICC profile, cICP or cHRM says so")
    func wideGamut() throws {
        let expected = Self.colors.map(Self.fromP3)
        try Self.check(Self.png(Self.colors, Self.iccp(Self.p3())), is: expected)
        try Self.check(Self.png(Self.colors, Builders.chunk("cICP", [12, 13, 0, 1])), is: expected)
        let places = [0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06]
        let chromaticities = Builders.chunk("cHRM", places.flatMap { Builders.big(Int(($0 * 100_000).rounded())) })
        try Self.check(Self.png(Self.colors, chromaticities), is: expected)
        // A profile comes before chromaticities, and code points before a profile.
        try Self.check(
            Self.png(Self.colors, Builders.chunk("cICP", [12, 13, 0, 1]) + Self.iccp([1, 2, 3])), is: expected)
    }

    @Test("A power other than sRGB's is applied")
    func gamma() throws {
        let linear = Self.png(Self.colors, Builders.chunk("gAMA", Builders.big(100_000)))
        let expected = Self.colors.map { color in
            color.map { value -> Double in
                let v = Double(value) / 255
                return 255 * (v <= 0.003_130_8 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055)
            }
        }
        try Self.check(linear, is: expected)
    }

    @Test("Of gray images a power is applied as of colored ones")
    func grayGamma() throws {
        let values: [UInt8] = [0, 30, 90, 160, 220, 255]
        let gamma = Builders.chunk("gAMA", Builders.big(100_000))
        let header = Builders.chunk("IHDR", Builders.big(values.count) + Builders.big(1) + [8, 0, 0, 0, 0])
        let rows = Builders.chunk("IDAT", Builders.zlibStored([0] + values))
        let gray =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + header + gamma + rows + Builders.chunk("IEND", [])
        let colored = try Image.decode(Self.png(values.map { [$0, $0, $0] }, gamma), name: "rgb").image
        let found = try Image.decode(gray, name: "gray").image
        let difference = zip(found.pixels, colored.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
        #expect(difference <= 1 && found.pixels[3] > 80, "\(found.pixels)")
    }

    @Test("The parity mode ignores profiles, as the reference does")
    func parity() throws {
        let bytes = try Self.png(Self.colors, Self.iccp(Self.p3()))
        let (image, info) = try Image.decode(bytes, name: "p3", options: .reference)
        #expect(image.pixels == Self.colors.flatMap { $0 } && info.hasColorProfile && info.warnings.isEmpty)
    }

    @Test("What says sRGB changes nothing, and nothing is said of it")
    func sRGB() throws {
        let usual = Builders.chunk("gAMA", Builders.big(45_455))
        let places = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000]
        let chunks = [
            Builders.chunk("sRGB", [0]) + Builders.chunk("gAMA", Builders.big(100_000)),
            usual, usual + Builders.chunk("cHRM", places.flatMap { Builders.big($0) }),
            Builders.chunk("cICP", [1, 13, 0, 1]),
        ]
        for chunk in chunks {
            let (image, info) = try Image.decode(Self.png(Self.colors, chunk), name: "srgb")
            #expect(image.pixels == Self.colors.flatMap { $0 } && info.warnings.isEmpty)
        }
    }

    @Test("A profile in a JPEG of several parts, in any order")
    func parts() throws {
        let profile = try Self.p3()
        let half = profile.count / 2
        func part(_ number: UInt8, _ bytes: ArraySlice<UInt8>) -> [UInt8] {
            let content = Array("ICC_PROFILE\0".utf8) + [number, 2] + bytes
            return [0xFF, 0xE2] + Builders.big(content.count + 2, 2) + content
        }
        let file = try Builders.bytes("formats/baseline444.jpg")
        let tagged = Array(file[..<2]) + part(2, profile[half...]) + part(1, profile[..<half]) + file[2...]
        let plain = try Image.decode(file, name: "plain").image
        let (image, info) = try Image.decode(tagged, name: "tagged")
        // The same numbers in a PNG: profiles do the same whatever holds them.
        let colors = stride(from: 0, to: 3 * 20_000, by: 3).map { Array(plain.pixels[$0..<($0 + 3)]) }
        let expected = try Image.decode(Self.png(colors, Self.iccp(profile)), name: "png").image
        #expect(Array(image.pixels.prefix(expected.pixels.count)) == expected.pixels)
        #expect(info.hasColorProfile && image != plain)
        let ignored = try Image.decode(tagged, name: "tagged", options: .reference).image
        #expect(ignored == plain)
    }

    @Test("A profile that is damaged, for other channels or of HDR is ignored with a warning", arguments: 0..<5)
    func ignored(which: Int) throws {
        var profile = try Self.p3()
        switch which {
        case 0: profile.removeLast(500)
        case 1: profile.replaceSubrange(16..<20, with: "CMYK".utf8)
        case 2: profile.replaceSubrange(128..<132, with: [0xFF, 0xFF, 0xFF, 0xFF])
        case 3: profile.replaceSubrange(16..<20, with: "Lab ".utf8)
        default: break
        }
        let chunk = which == 4 ? Builders.chunk("cICP", [9, 16, 0, 1]) : Self.iccp(profile)
        let (image, info) = try Image.decode(Self.png(Self.colors, chunk), name: "odd")
        #expect(image.pixels == Self.colors.flatMap { $0 })
        #expect(info.warnings.count == 1, "\(info.warnings)")
    }

    @Test("Options of before there were profiles ignore them, so that an index keeps what it was made with")
    func oldOptions() throws {
        let old = #"{"orientation":"applied","alpha":{"dropped":{}},"pixelLimit":100,"byteLimit":100}"#
        let options = try JSONDecoder().decode(DecodingOptions.self, from: Data(old.utf8))
        #expect(options.colorProfile == .ignored)
        let again = try JSONDecoder().decode(DecodingOptions.self, from: JSONEncoder().encode(DecodingOptions.standard))
        #expect(again == .standard)
    }

    @Test("A wrong checksum of pixels is told of and they are read; where the pixels are damaged too, they are refused")
    func checksum() throws {
        var bytes = Self.png(Self.colors, [])
        let end = bytes.count - 12 - 4
        bytes[end] ^= 0xFF
        let (image, info) = try Image.decode(bytes, name: "checksum")
        #expect(image.pixels == Self.colors.flatMap { $0 } && info.warnings.count == 1)
        // The length of the stored block inside.
        bytes[end - 4 - 22 - 4] ^= 0xFF
        #expect(throws: DreamSimError.self) { try Image.decode(bytes, name: "damaged") }
    }

    @Test("Floating-point TIFFs are read: 0 to 1, or the range that the file states")
    func floatingPoint() throws {
        func tiff(_ values: [Float], range: (Float, Float)?) -> [UInt8] {
            var extra: [(tag: Int, type: Int, value: Int)] = []
            if let range {
                extra = [(340, 11, Int(range.0.bitPattern)), (341, 11, Int(range.1.bitPattern))]
            }
            let entries =
                [
                    (256, 4, values.count), (257, 4, 1), (258, 3, 32), (259, 3, 1), (262, 3, 1), (273, 4, 400),
                    (277, 3, 1),
                    (278, 4, 1), (279, 4, 4 * values.count), (339, 3, 3),
                ] + extra.map { ($0.tag, $0.type, $0.value) }
            var file = Array("II*\0".utf8) + Builders.little(8) + Builders.little(entries.count, 2)
            for (tag, type, value) in entries.sorted(by: { $0.0 < $1.0 }) {
                file += Builders.little(tag, 2) + Builders.little(type, 2) + Builders.little(1) + Builders.little(value)
            }
            file += [UInt8](repeating: 0, count: 400 - file.count)
            return file + values.flatMap { Builders.little(Int($0.bitPattern)) }
        }
        func decode(_ values: [Float], _ range: (Float, Float)? = nil) throws -> (pixels: [UInt8], warnings: [String]) {
            let (image, info) = try Image.decode(tiff(values, range: range), name: "float")
            return (stride(from: 0, to: image.pixels.count, by: 3).map { image.pixels[$0] }, info.warnings)
        }
        let plain = try decode([0, 0.25, 0.5, 1])
        #expect(plain.pixels == [0, 64, 128, 255] && plain.warnings[0].contains("states no range"))
        let stated = try decode([-10, 0, 10, 30], (-10, 30))
        #expect(stated.pixels == [0, 64, 128, 255] && stated.warnings[0].contains("as the file states"))
        let outside = try decode([-1, 2, .nan, 0.5], (0, 1))
        #expect(outside.pixels == [0, 255, 0, 128] && outside.warnings[0].contains("3 of 4 lie outside"))
        // Without a range they would become white, or black where they are no numbers.
        for values: [Float] in [[0, 100, 255], [0, .nan, 1], [-1, 0, 1]] {
            let error = #expect(throws: DreamSimError.self) { try decode(values) }
            #expect(error?.kind == .unsupported && error?.problem.contains("not from 0 to 1") == true)
        }
    }
}
