import CZlib
import DreamSim
import Foundation

/// What stands at the beginning of a file of vectors.
///
/// A line `dreamsim-vectors 1 <header's length> <CRC-32 of the JSON>`, a line of JSON, and spaces up to the header's
/// length, a multiple of 4096. The vectors follow without gaps: row-major [rows, width], little-endian, so that
/// `numpy.memmap(file, "<f2", offset=length)` reads them too. How many rows count is in the database.
struct VectorFileHeader: Codable, Equatable {
    /// What made the vectors.
    var stamp: ModelStamp
    /// The number of components of a vector.
    var width: Int
    /// How they are kept.
    var precision: VectorPrecision
    /// The file's own name, so that files of different indices cannot be exchanged unnoticed.
    var name: String

    private static let magic = "dreamsim-vectors"
    private static let unit = 4096
    /// No header is longer; a longer one is damaged.
    private static let limit = 1 << 20

    var rowBytes: Int { width * precision.size }

    /// The header's bytes.
    func bytes() throws -> [UInt8] {
        let json = Array(try JSON.line(self).utf8)
        // The first line is shorter than 64 bytes.
        let length = (json.count + 65 + Self.unit) / Self.unit * Self.unit
        guard length <= Self.limit else {
            throw IndexError(
                .badRequest, name, "the model's description does not fit the header of \(Self.limit) bytes")
        }
        let line = "\(Self.magic) 1 \(length) \(String(Checksum.of(json), radix: 16))\n"
        var bytes = Array(line.utf8) + json
        bytes += Array(repeating: UInt8(ascii: " "), count: length - bytes.count - 1) + [UInt8(ascii: "\n")]
        return bytes
    }

    /// Reads a header.
    /// - Returns: the header and its length in bytes.
    /// - Throws: `IndexError` with `.damaged` or `.newerSchema`.
    static func read(_ bytes: UnsafeRawBufferPointer, path: String) throws -> (header: VectorFileHeader, length: Int) {
        func damaged(_ what: String) -> IndexError {
            IndexError(
                .damaged, path, "\(what); delete the index's folder and index the pictures again")
        }
        guard let end = bytes.prefix(64).firstIndex(of: UInt8(ascii: "\n")) else {
            throw damaged("does not begin like a file of vectors")
        }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard words.count >= 2, words[0] == magic, let version = Int(words[1]) else {
            throw damaged("does not begin like a file of vectors")
        }
        guard version == 1 else {
            throw IndexError(
                .newerSchema, path, "has version \(version) of the format and this program knows 1; use a newer one")
        }
        guard words.count == 4, let length = Int(words[2]), (unit...limit).contains(length), length % unit == 0,
            length <= bytes.count, let checksum = UInt32(words[3], radix: 16)
        else { throw damaged("its first line is damaged, or the file is cut short") }
        let text = UnsafeRawBufferPointer(rebasing: bytes[(end + 1)..<length])
        let json = UnsafeRawBufferPointer(
            rebasing: text[..<(text.lastIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? 0)])
        guard Checksum.of(json) == checksum else { throw damaged("its header does not fit its checksum") }
        guard let header = try? JSONDecoder().decode(Self.self, from: Data(json)), (1...1 << 20).contains(header.width)
        else { throw damaged("its header cannot be understood") }
        return (header, length)
    }
}

/// CRC-32, as in zip files.
enum Checksum {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = bytes.baseAddress else { return 0 }
        var checksum = crc32(0, nil, 0)
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, 1 << 30)
            checksum = crc32(checksum, base.assumingMemoryBound(to: UInt8.self) + done, UInt32(count))
            done += count
        }
        return UInt32(truncatingIfNeeded: checksum)
    }

    static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }
}
