package import Foundation

/// The embeddings of one model, each by its image. With a file, only their places are held in memory.
///
/// The file: a first line of text, then records of one size: 32 digits of the image's key, eight bytes of FNV-1a over
/// the components, the components as little-endian float32. A record that a killed process left unfinished is cut off;
/// one whose sum is wrong is computed again.
package final class EmbeddingJournal {
    private let file: AppendingFile?
    private let width: Int
    private var offsets: [String: Int] = [:]
    private var vectors: [String: [Float]] = [:]
    private static let version = "dreamsim-embeddings 1"
    private static let keyLength = 32

    /// - Parameters:
    ///   - url: the file; nil to keep embeddings in memory alone.
    ///   - identity: what the embeddings depend on. A file of another identity is begun anew.
    ///   - width: the number of components.
    package init(_ url: URL?, identity: MetricIdentity, width: Int) throws(DreamSimError) {
        self.width = width
        file = try url.map { (url) throws(DreamSimError) in try AppendingFile(url) }
        guard let file else { return }
        let header = Array("\(Self.version) \(identity.digest) \(width)\n".utf8)
        guard file.length >= header.count, try file.read(header.count, at: 0) == header else {
            try file.truncate(to: 0)
            try file.append(header)
            return
        }
        let count = (file.length - header.count) / recordSize
        for index in 0..<count {
            let offset = header.count + index * recordSize
            offsets[String(decoding: try file.read(Self.keyLength, at: offset), as: UTF8.self)] = offset
        }
        let end = header.count + count * recordSize
        if end < file.length { try file.truncate(to: end) }
    }

    private var recordSize: Int { Self.keyLength + 8 + 4 * width }

    /// Whether a sound embedding is there.
    package func contains(_ key: FileKey) throws(DreamSimError) -> Bool { try self.vector(key) != nil }

    /// The embedding of an image; nil when there is none or it is damaged.
    package func vector(_ key: FileKey) throws(DreamSimError) -> [Float]? {
        guard let file else { return vectors[key.digits] }
        guard let offset = offsets[key.digits] else { return nil }
        let record = try file.read(recordSize, at: offset)
        let values = record[(Self.keyLength + 8)...]
        let sum = record[Self.keyLength..<(Self.keyLength + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard Self.sum(values) == sum else { return nil }
        return record.withUnsafeBytes { bytes in
            (0..<width).map {
                Float(
                    bitPattern: UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: Self.keyLength + 8 + 4 * $0, as: UInt32.self))
                )
            }
        }
    }

    /// Keeps an embedding.
    package func add(_ vector: [Float], for key: FileKey) throws(DreamSimError) {
        guard let file else {
            vectors[key.digits] = vector
            return
        }
        let values = vector.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
        let sum = Self.sum(values[...])
        offsets[key.digits] = file.length
        try file.append(
            Array(key.digits.utf8) + (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt64($0))) } + values)
    }

    private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
