import DreamSimCodecs
import DreamSimImages
import Foundation
import TestSupport
import Testing

@Suite("Parity with the reference, byte by byte")
struct GoldenTests {
    static let preprocessing = SafetensorsBytes(Fixtures.shared?.appending(path: "golden/preprocessing.safetensors"))
    static let decoded = SafetensorsBytes(Fixtures.shared?.appending(path: "golden/decoded.safetensors"))

    @Test(
        "Files decode and resize as the reference does",
        .enabled(if: Fixtures.shared != nil, "\(Fixtures.sharedIsMissing)"))
    func preprocessing() throws {
        try Self.compare(Self.preprocessing, count: 25) { image, name, expected in
            let actual = image.resized(width: 224, height: 224, filter: .bicubic(a: -0.5), antialias: true)
            expectEqual(actual.pixels, expected.bytes, name)
        }
    }

    @Test("Files decode as the reference does", .enabled(if: Fixtures.shared != nil, "\(Fixtures.sharedIsMissing)"))
    func decoded() throws {
        try Self.compare(Self.decoded, count: 6) { image, name, expected in
            #expect([image.height, image.width, 3] == expected.shape)
            expectEqual(image.pixels, expected.bytes, name)
        }
    }

    private static func compare(
        _ golden: SafetensorsBytes?, count: Int, _ body: (Image, String, (shape: [Int], bytes: [UInt8])) throws -> Void
    ) throws {
        let golden = try #require(golden)
        #expect(golden.names.count == count)
        for name in golden.names {
            try body(
                Image(contentsOf: Fixtures.file("formats/\(name)"), options: .reference), name,
                #require(golden[name]))
        }
    }
}
