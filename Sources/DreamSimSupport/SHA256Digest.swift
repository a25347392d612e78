/// SHA-256 (FIPS 180-4) over pieces, by the system's library.
package struct SHA256Digest: ~Copyable {
    private var context = SHA256Context()

    /// Starts with nothing.
    package init() {}

    /// Takes a piece.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) { context.update(bytes) }

    /// Takes a piece, such as `Data`, `[UInt8]` or the `utf8` of a text.
    package mutating func update(_ bytes: some Sequence<UInt8>) {
        let isTaken: Void? = bytes.withContiguousStorageIfAvailable { context.update(UnsafeRawBufferPointer($0)) }
        if isTaken == nil { Array(bytes).withUnsafeBytes { context.update($0) } }
    }

    /// The 32 bytes of the digest of the pieces so far.
    package func bytes() -> [UInt8] { context.digest() }

    /// The digest of the pieces so far in 64 lower-case hexadecimal digits.
    package func hex() -> String { bytes().hexadecimal }

    /// The 32 bytes of the digest of some bytes.
    package static func bytes(of bytes: some Sequence<UInt8>) -> [UInt8] {
        var digest = SHA256Digest()
        digest.update(bytes)
        return digest.bytes()
    }

    /// The digest of some bytes in 64 lower-case hexadecimal digits.
    package static func hex(of bytes: some Sequence<UInt8>) -> String { self.bytes(of: bytes).hexadecimal }
}
