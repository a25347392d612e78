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
        let golden = try #require(Self.preprocessing)
        #expect(golden.names.count == 25)
        for name in golden.names {
            let expected = try #require(golden[name])
            let image = try Image(contentsOf: Fixtures.file("formats/\(name)"), options: .reference)
            let actual = image.resized(width: 224, height: 224, filter: .bicubic(a: -0.5), antialias: true)
            expectEqual(actual.pixels, expected.bytes, name)
        }
    }

    @Test("Files decode as the reference does", .enabled(if: Fixtures.shared != nil, "\(Fixtures.sharedIsMissing)"))
    func decoded() throws {
        let golden = try #require(Self.decoded)
        #expect(golden.names.count == 6)
        for name in golden.names {
            let expected = try #require(golden[name])
            let image = try Image(contentsOf: Fixtures.file("formats/\(name)"), options: .reference)
            #expect([image.height, image.width, 3] == expected.shape)
            expectEqual(image.pixels, expected.bytes, name)
        }
    }
}
