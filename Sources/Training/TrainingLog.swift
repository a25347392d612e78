import Foundation
import Persistence

/// What happened in a run, one JSON object a line.
final class TrainingLog {
    /// A line of the log.
    struct Line: Codable {
        var kind: String
        var step: Int
        var epoch: Int
        var loss: Double
        var agreement: Double
        /// That the step took.
        var seconds: Double?
        var imagesPerSecond: Double?
        var isBest: Bool?
    }

    private let handle: FileHandle
    private let encoder = JSONEncoder()

    /// Opens the log of a run; lines after a step, which a run that was stopped has lost, are dropped.
    init(_ url: URL, keepingThrough step: Int) throws {
        encoder.outputFormatting = [.sortedKeys]
        let old = (try? Data(contentsOf: url)) ?? Data()
        let decoder = JSONDecoder()
        let kept = old.split(separator: UInt8(ascii: "\n")).filter { line in
            guard let line = try? decoder.decode(Line.self, from: line) else { return false }
            return line.step <= step
        }
        try AtomicFile.write(kept.flatMap { Array($0) + [UInt8(ascii: "\n")] }, to: url.path.utf8)
        handle = try FileHandle(forWritingTo: url)
        try handle.seekToEnd()
    }

    func append(_ line: Line) throws {
        try handle.write(contentsOf: encoder.encode(line) + [UInt8(ascii: "\n")])
    }
}
