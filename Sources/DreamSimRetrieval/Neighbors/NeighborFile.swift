import DreamSimCheckpoints
import Foundation

/// A file that holds a graph of near neighbors, mapped for reading.
///
/// A header as of a file of vectors, then records of 32-bit little-endian numbers, each of which ends with the CRC-32 of
/// its other bytes, checked whenever a record is read:
///
/// - level 0, a record for each of `rows`: the number of links, room for 2 `links` links, which are rows;
/// - level 1 and up, a record for each of its points: the row, the place of the same point on the level below, the
///   number of links, room for `links` links, which are places on the same level;
///
/// and at last the rows that are no points because their vectors equal that of one: see `EqualRows`.
final class NeighborFile: Sendable {
    struct Header: Codable, Equatable {
        /// The name of the file of vectors, which is never given twice.
        var vectors: String
        /// Of how many of its rows there are records. Rows that came later are not in the graph.
        var rows: Int
        /// How many of these are points of the graph; the others equal one of them, or were of no file any more.
        var points: Int
        /// HNSW's M.
        var links: Int
        /// HNSW's efConstruction.
        var effort: Int
        /// The number of points of level 1, 2 …
        var levels: [Int]
        /// Where searches begin: a place on the highest level.
        var entry: Int
        /// How many rows equal a point. Graphs of before have none.
        var equal: Int?
    }

    static let frame = FramedHeader(
        magic: "dreamsim-neighbors", what: "a nearest-neighbor graph",
        advice: "build the nearest-neighbor graph")
    static let name = "neighbors.graph"

    let url: URL
    let header: Header
    let equal: EqualRows
    private let file: MappedFile
    /// Where each level begins in the file, the equal rows, and where it ends.
    private let starts: [Int]

    /// Maps a file; nil when there is none.
    /// - Throws: `DreamSimError` with `.unreadable`, `.damaged` or `.newerVersion`.
    init?(_ url: URL) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        self.url = url
        do {
            // What it loses while it is mapped does not fit its checksums.
            file = try MappedFile(url, watching: true)
        } catch {
            throw DreamSimError(.unreadable, url.path, "cannot be read: \(error.reason)")
        }
        let length: Int
        (header, length) = try Self.frame.read(Header.self, file.bytes, path: url.path)
        guard let starts = Self.starts(header, length), starts.last == file.bytes.count else {
            throw Self.frame.damaged(url.path, "is cut short, or longer than it should be")
        }
        self.starts = starts
        let list = UnsafeRawBufferPointer(rebasing: file.bytes[starts[starts.count - 2]...])
        guard let equal = header.equal == nil ? EqualRows() : EqualRows(list, below: header.rows) else {
            throw Self.frame.damaged(url.path, "its list of equal rows has changed since it was written")
        }
        self.equal = equal
    }

    /// Where the levels begin, where the last ends, and where the file does; nil when the header is no sound one.
    private static func starts(_ header: Header, _ length: Int) -> [Int]? {
        let most = Int(Int32.max)
        guard (2...256).contains(header.links), (1...most).contains(header.rows), header.levels.count < 64,
            header.levels.allSatisfy({ (1...header.rows).contains($0) }), (0..<header.rows).contains(header.equal ?? 0),
            (0..<(header.levels.last ?? header.rows)).contains(header.entry)
        else { return nil }
        var starts = [length, length + header.rows * bytes(onLevel: 0, links: header.links)]
        for count in header.levels {
            starts.append(starts[starts.count - 1] + count * bytes(onLevel: 1, links: header.links))
        }
        starts.append(starts[starts.count - 1] + EqualRows.size(header.equal ?? 0))
        return starts
    }

    /// The bytes of a record.
    static func bytes(onLevel level: Int, links: Int) -> Int {
        4 * (level == 0 ? 2 + 2 * links : 4 + links)
    }

    /// The size of the file.
    var size: Int { file.bytes.count }

    /// Removes the graph from the folder of an index.
    /// - Returns: whether there was one.
    /// - Throws: `DreamSimError` with `.unwritable`.
    static func remove(from folder: URL) throws(DreamSimError) -> Bool {
        let url = folder.appending(path: name)
        guard unlink(url.path) != 0 else { return true }
        guard errno != ENOENT else { return false }
        throw DreamSimError(
            .unwritable, url.path,
            "cannot be removed: \(String(cString: strerror(errno))); check the folder's permissions")
    }

    /// The highest level.
    var top: Int { header.levels.count }

    /// The number of records on a level.
    func count(onLevel level: Int) -> Int { level == 0 ? header.rows : header.levels[level - 1] }

    /// What a record holds.
    struct Record {
        /// The row on upper levels, and the place on the level below.
        let row: UInt32, below: UInt32
        /// The links; the file keeps them alive.
        let links: UnsafeBufferPointer<UInt32>
    }

    /// Reads a record and checks it, so that nothing outside the file and the vectors is ever asked for.
    /// - Throws: `DreamSimError` with `.damaged` when its bytes have changed.
    func record(_ place: Int, onLevel level: Int) throws(DreamSimError) -> Record {
        let size = Self.bytes(onLevel: level, links: header.links)
        let count = count(onLevel: level)
        precondition((0..<count).contains(place), "record \(place) of \(count)")
        let start = starts[level] + place * size
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<(start + size)])
        let words = bytes.bindMemory(to: UInt32.self)
        let head = level == 0 ? 1 : 3
        let links = Int(UInt32(littleEndian: words[head - 1]))
        guard
            Checksum.of(UnsafeRawBufferPointer(rebasing: bytes.dropLast(4)))
                == UInt32(littleEndian: words[words.count - 1]),
            links <= words.count - head - 1
        else { throw damaged }
        let record = Record(
            row: level == 0 ? UInt32(place) : words[0], below: level == 0 ? 0 : words[1],
            links: UnsafeBufferPointer(rebasing: words[head..<(head + links)]))
        guard record.links.allSatisfy({ $0 < count }), record.row < header.rows,
            level == 0 || record.below < self.count(onLevel: level - 1)
        else { throw damaged }
        return record
    }

    var damaged: DreamSimError { Self.frame.damaged(url.path, "its links have changed since they were written") }

    /// Reads every record.
    /// - Throws: `DreamSimError` with `.damaged`.
    func verify() throws(DreamSimError) {
        for level in 0...top {
            for place in 0..<count(onLevel: level) { _ = try record(place, onLevel: level) }
        }
    }
}
