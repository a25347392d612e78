import Foundation

/// What stands at the beginning of a file of numbers: a line `MAGIC 1 <header's length> <CRC-32 of the JSON>`, a line of
/// JSON, and spaces up to the header's length, a multiple of 4096.
struct FramedHeader: Sendable {
    /// The file's first word.
    let magic: String
    /// What the file is, for people.
    let what: String
    /// What to do when it is damaged.
    let advice: String

    private static let unit = 4096
    /// No header is longer; a longer one is damaged.
    private static let limit = 1 << 20

    /// The header's bytes.
    /// - Parameter name: what errors call the file.
    func bytes(_ content: some Encodable, name: String) throws -> [UInt8] {
        let json = Array(try JSON.line(content).utf8)
        // The first line is shorter than 64 bytes.
        let length = (json.count + 65 + Self.unit) / Self.unit * Self.unit
        guard length <= Self.limit else {
            throw DreamSimError(
                .badRequest, name, "the model's description does not fit the header of \(Self.limit) bytes")
        }
        let line = "\(magic) 1 \(length) \(String(Checksum.of(json), radix: 16))\n"
        var bytes = Array(line.utf8) + json
        bytes += Array(repeating: UInt8(ascii: " "), count: length - bytes.count - 1) + [UInt8(ascii: "\n")]
        return bytes
    }

    /// Reads a header.
    /// - Returns: the content and the header's length in bytes.
    /// - Throws: `DreamSimError` with `.damaged` or `.newerVersion`.
    func read<Content: Decodable>(
        _ type: Content.Type, _ bytes: UnsafeRawBufferPointer, path: String
    ) throws -> (content: Content, length: Int) {
        guard let end = bytes.prefix(64).firstIndex(of: UInt8(ascii: "\n")) else {
            throw damaged(path, "does not begin like \(what)")
        }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard words.count >= 2, words[0] == magic, let version = Int(words[1]) else {
            throw damaged(path, "does not begin like \(what)")
        }
        guard version == 1 else {
            throw DreamSimError(
                .newerVersion, path, "has version \(version) of the format and this program knows 1; use a newer one")
        }
        guard words.count == 4, let length = Int(words[2]), (Self.unit...Self.limit).contains(length),
            length % Self.unit == 0, length <= bytes.count
        else { throw damaged(path, "its first line is damaged, or the file is cut short") }
        let text = UnsafeRawBufferPointer(rebasing: bytes[(end + 1)..<length])
        let json = UnsafeRawBufferPointer(
            rebasing: text[..<(text.lastIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? 0)])
        guard String(Checksum.of(json), radix: 16) == words[3] else {
            throw damaged(path, "its header does not fit its checksum")
        }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(json)) else {
            throw damaged(path, "its header cannot be understood")
        }
        return (content, length)
    }

    func damaged(_ path: String, _ what: String) -> DreamSimError {
        DreamSimError(.damaged, path, "\(what); \(advice)")
    }
}
