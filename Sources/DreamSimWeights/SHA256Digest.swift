import Crypto
import Foundation

/// SHA-256 over pieces.
package struct SHA256Digest {
    private var hash = SHA256()

    package init() {}

    /// Takes a piece.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    /// Lower-case hexadecimal digits.
    package func hex() -> String { Self.hex(hash.finalize()) }

    /// The digits of some bytes.
    package static func hex(of bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    /// The 32 bytes of the digest of some bytes.
    package static func bytes(of bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    private static func hex(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
