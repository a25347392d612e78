import DreamSimSupport
import Foundation
import Testing

@Suite("Hexadecimal digits") struct HexadecimalTests {
    @Test("every byte is printed with two lower-case digits, and read back")
    func everyByte() {
        let bytes = [UInt8](0...255)
        let text = bytes.hexadecimal
        #expect(text.hasPrefix("000102") && text.contains("0e0f10") && text.hasSuffix("fdfeff"))
        #expect([UInt8](hexadecimal: text) == bytes)
        #expect(Data(hexadecimal: text.uppercased()) == Data(bytes))
        #expect(Data(bytes).hexadecimal == text)
        #expect([UInt8]().hexadecimal.isEmpty)
        #expect([UInt8](hexadecimal: "") == [])
    }

    @Test(
        "what is no whole number of bytes in digits is refused",
        arguments: ["0", "0g", "+1", " 1", "0x", "1e1", "\u{e9}"]
    )
    func refused(_ text: String) {
        #expect([UInt8](hexadecimal: text) == nil)
    }
}
