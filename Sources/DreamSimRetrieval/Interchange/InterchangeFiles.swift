import Foundation

/// How the files of an export are called.
enum InterchangeFiles {
    static let stampName = "stamp.json"
    static let tensor = "embeddings"
    static let stampKey = "dreamsim"

    static func metadata(besideSafetensors url: URL) -> URL {
        url.deletingPathExtension().appendingPathExtension("ndjson")
    }

    static func stamp(beside url: URL) -> URL { url.appendingPathExtension(stampName) }
}

/// Lines of a file, or records of comma-separated values, read piece by piece.
final class RecordFile {
    let url: URL
    private let handle: FileHandle
    private var buffer: [UInt8] = []
    private var place = 0
    private var isAtEnd = false
    /// The number of the line that was read last, from 1.
    private(set) var line = 0

    /// No line is longer; a longer one is no line of vectors.
    private static let longest = 64 << 20

    /// - Throws: `DreamSimError` with `.unreadable`.
    init(_ url: URL) throws {
        self.url = url
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue,
            let handle = try? FileHandle(forReadingFrom: url)
        else { throw DreamSimError(.unreadable, url.path, "cannot be read, or is not there") }
        self.handle = handle
    }

    /// The next line, without its break; nil at the end. Empty lines are passed over.
    func next() throws -> [UInt8]? {
        while let found = try upToBreak(quoted: false) {
            if !found.isEmpty { return found }
        }
        return nil
    }

    /// The fields of the next record; nil at the end.
    func nextFields() throws -> [String]? {
        var record: [UInt8]
        repeat {
            guard let found = try upToBreak(quoted: true) else { return nil }
            record = found
        } while record.isEmpty
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < record.count {
            let byte = record[index]
            if byte == UInt8(ascii: "\"") {
                if isQuoted, index + 1 < record.count, record[index + 1] == byte {
                    field.append(byte)
                    index += 1
                } else {
                    isQuoted.toggle()
                }
            } else if byte == UInt8(ascii: ","), !isQuoted {
                fields.append(String(decoding: field, as: UTF8.self))
                field.removeAll(keepingCapacity: true)
            } else {
                field.append(byte)
            }
            index += 1
        }
        return fields + [String(decoding: field, as: UTF8.self)]
    }

    private func upToBreak(quoted: Bool) throws -> [UInt8]? {
        var isQuoted = false
        var scanned = place
        while true {
            while scanned < buffer.count {
                let byte = buffer[scanned]
                if quoted && byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                if byte == UInt8(ascii: "\n") && !isQuoted {
                    let found = buffer[place..<scanned]
                    place = scanned + 1
                    line += 1
                    return Array(found.last == UInt8(ascii: "\r") ? found.dropLast() : found)
                }
                scanned += 1
            }
            guard !isAtEnd else {
                defer { place = buffer.count }
                line += 1
                return place < buffer.count ? Array(buffer[place...]) : nil
            }
            guard buffer.count - place < Self.longest else {
                throw DreamSimError(
                    .damaged, url.path,
                    "line \(line + 1) has more than \(Self.longest >> 20) MB; is it a list of vectors?")
            }
            buffer.removeFirst(place)
            scanned -= place
            place = 0
            let more: Data
            do { more = try handle.read(upToCount: 1 << 20) ?? Data() } catch {
                throw DreamSimError(.unreadable, url.path, "cannot be read after line \(line)")
            }
            buffer += more
            isAtEnd = more.isEmpty
        }
    }
}
