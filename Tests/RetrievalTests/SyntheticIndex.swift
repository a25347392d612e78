import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation
import GRDB
import TestSupport

/// An index of vectors that a test chose; there are no images.
struct SyntheticIndex {
    let home: URL
    let url: URL

    var reader: IndexReader { get throws { try IndexReader(url) } }

    static let stamp = ModelStamp(model: "synthetic", weights: "none", preprocessing: .standard, isNormalized: true)

    static func settings(_ width: Int, _ precision: VectorPrecision = .float32) -> IndexSettings {
        IndexSettings(stamp: stamp, source: "none", width: width, precision: precision)
    }

    /// Makes an index of `/synthetic/0.png`, `/synthetic/1.png` … by an import.
    static func with(
        _ vectors: [[Float]], _ precision: VectorPrecision = .float32, _ body: (SyntheticIndex) throws -> Void
    ) throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let index = SyntheticIndex(home: home, url: home.appending(path: "index"))
        try index.add(vectors, precision)
        try body(index)
    }

    func add(_ vectors: [[Float]], _ precision: VectorPrecision = .float32, from first: Int = 0) throws {
        let lines = vectors.enumerated().map { Self.line(first + $0, $1) }
        let file = home.appending(path: "vectors.ndjson")
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        let stamp = InterchangeStamp(Self.settings(vectors.first?.count ?? 1, precision))
        _ = try IndexWriter.importing(file, into: url, stamp: stamp)
    }

    /// Forgets some of the images.
    func remove(_ numbers: Range<Int>) throws {
        try DatabaseQueue(index: url).write { db in
            for number in numbers {
                try db.execute(
                    sql: "DELETE FROM file WHERE path = ?", arguments: [Data("/synthetic/\(number).png".utf8)])
            }
            try db.execute(
                sql: """
                    INSERT INTO dead SELECT row FROM content
                        WHERE NOT EXISTS (SELECT 1 FROM file WHERE file.row = content.row);
                    DELETE FROM content WHERE row IN (SELECT row FROM dead);
                    """)
        }
    }

    /// A line that says everything about a file that does not exist.
    static func line(_ number: Int, _ vector: [Float]) -> String {
        let digits = String(number, radix: 16)
        let digest = String(repeating: "0", count: 64 - digits.count) + digits
        return """
            {"image_path":"/synthetic/\(number).png","sha256":"\(digest)","pixels_sha256":"\(digest)","file_size":1,\
            "modified":1,"changed":1,"width":4,"height":4,"format":"png","vector":[\(vector.map { "\($0)" }.joined(separator: ","))]}
            """
    }

    /// Clouds around random centers: the vector of image i belongs to cloud i mod `clouds`.
    static func clouds(_ clouds: Int, of size: Int, width: Int = 24, spread: Double = 0.2, seed: UInt64 = 3)
        -> [[Float]]
    {
        var generator = SeededGenerator(state: seed)
        func coordinate() -> Double { Double.random(in: -1...1, using: &generator) }
        let centers = (0..<clouds).map { _ in (0..<width).map { _ in coordinate() } }
        return (0..<(clouds * size)).map { number in
            centers[number % clouds].map { Float($0 + spread * coordinate()) }
        }
    }

    /// The number in `/synthetic/NUMBER.png`.
    static func number(_ path: ImagePath) -> Int { Int(path.name.dropLast(4)) ?? -1 }

    var graph: URL { url.appending(path: "neighbors.graph") }
}

extension DatabaseQueue {
    /// Opens the database of an index, to be changed behind its back. Whoever has just read it may still hold it.
    convenience init(index: URL) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(60)
        try self.init(path: index.appending(path: "index.sqlite").path, configuration: configuration)
    }
}
