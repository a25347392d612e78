import Foundation

/// What happened in a run, one JSON object a line.
final class TrainingLog {
    /// A line of the log.
    struct Line: Codable {
        /// The sorts of lines.
        enum Kind: String, Codable {
            case step
            case validation
            /// A triplet that was left out.
            case skipped
            /// Something that people should know.
            case note
        }

        var kind: Kind
        var step: Int
        var epoch: Int
        var loss: Double?
        var agreement: Double?
        /// That the step or validation took.
        var seconds: Double?
        var imagesPerSecond: Double?
        var isBest: Bool?
        /// Where a triplet stands.
        var place: String?
        /// What was said, or why a triplet was left out.
        var reason: String?
    }

    private let url: URL
    private let handle: FileHandle
    private let encoder = JSONEncoder()

    /// Opens the log of a run; lines after a step or of a validation that a run that was stopped has lost are dropped, and so are
    /// the triplets that an earlier start left out.
    /// - Throws: `DreamSimError` with `.unreadable` or `.unwritable`.
    init(_ url: URL, keepingThrough step: Int, validated: Int) throws {
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.url = url
        // One that is there and cannot be read is not replaced.
        let old = FileManager.default.fileExists(atPath: url.path) ? try Self.read(url) : Data()
        let kept = Self.decoded(old).filter { _, line in
            line.step <= step && line.kind != .skipped && (line.kind != .validation || line.epoch <= validated)
        }
        try Writing.replace(url, with: kept.flatMap { Array($0.0) + [UInt8(ascii: "\n")] })
        do {
            handle = try FileHandle(forWritingTo: url)
            try handle.seekToEnd()
        } catch {
            throw DreamSimError(.unwritable, url.path, "cannot be opened: \(error.plainReason); \(Writing.advice)")
        }
    }

    /// Adds a line.
    /// - Throws: `DreamSimError` with `.unwritable`.
    func append(_ line: Line) throws {
        try Writing.append(Array(try encoder.encode(line)) + [UInt8(ascii: "\n")], to: handle, url)
    }

    /// The lines so far.
    func lines() -> [Line] { Self.decoded((try? Self.read(url)) ?? Data()).map(\.1) }

    private static func read(_ url: URL) throws(DreamSimError) -> Data {
        try RegularFile.read(url, byteLimit: .max)
    }

    private static func decoded(_ data: Data) -> [(Data, Line)] {
        let decoder = JSONDecoder()
        return data.split(separator: UInt8(ascii: "\n")).compactMap { bytes in
            (try? decoder.decode(Line.self, from: bytes)).map { (bytes, $0) }
        }
    }
}
