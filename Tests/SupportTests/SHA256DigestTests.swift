import DreamSimSupport
import Foundation
import Testing

@Suite("SHA-256") struct SHA256DigestTests {
    /// The examples of FIPS 180-4, and the million of letters that NIST adds to them.
    static let vectors: [(message: [UInt8], digest: String)] = [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            Array(
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
                    .utf8),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
        (
            [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test("the digests of the standard's examples are the standard's", arguments: vectors)
    func standard(_ message: [UInt8], _ digest: String) {
        #expect(SHA256Digest.hex(of: message) == digest)
        #expect(SHA256Digest.bytes(of: message).hexadecimal == digest)
        #expect(SHA256Digest.hex(of: Data(message)) == digest)
        // Without memory in one piece.
        #expect(SHA256Digest.hex(of: message.lazy.map { $0 }) == digest)
    }

    @Test("in pieces of any kind and size the digest is the same", arguments: [1, 3, 63, 64, 65, 1000])
    func pieces(_ size: Int) {
        let message = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var digest = SHA256Digest()
        for (number, start) in stride(from: 0, to: message.count, by: size).enumerated() {
            let piece = message[start..<min(message.count, start + size)]
            switch number % 3 {
            case 0: digest.update(Data(piece))
            case 1: piece.withUnsafeBytes { digest.update($0) }
            default: digest.update(piece)
            }
            digest.update([UInt8]())
            digest.update(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        #expect(digest.hex() == SHA256Digest.hex(of: message))
        // What was asked for already is no end.
        digest.update("more".utf8)
        #expect(digest.hex() == SHA256Digest.hex(of: message + Array("more".utf8)))
    }
}
