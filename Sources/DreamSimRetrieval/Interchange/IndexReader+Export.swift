import DreamSimCheckpoints
package import Foundation
import GRDB

extension IndexReader {
    /// Writes all vectors, bit by bit as they are stored, with what is known about their files. Files that cannot be read
    /// have no vector and are left out; identical files have one each. Memory does not depend on their number. An export
    /// that fails leaves nothing behind.
    /// - Parameters:
    ///   - url: a new or empty folder for `.npy`, a file for the others.
    ///   - progress: called with the number of files that are written; what it throws ends the export.
    /// - Returns: how many files were written.
    /// - Throws: `DreamSimError`: `.badRequest` for a folder that is not empty, `.unwritable` for a full disk and the like,
    ///   `.damaged` when a vector has changed.
    @discardableResult
    package func export(
        to url: URL, as format: InterchangeFormat, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> Int {
        var stamp = InterchangeStamp(settings)
        let count = try count()
        stamp.rows = count
        let folders = try read(IndexedFolder.all)
        stamp.roots = folders.map { ImagePath.text(Data($0.path.bytes)) }
        for folder in folders {
            guard let selection = folder.selection else { continue }
            stamp.selections = (stamp.selections ?? [:]).merging([ImagePath.text(Data(folder.path.bytes)): selection]) {
                $1
            }
        }
        do {
            switch format {
            case .npy: try exportNumpy(to: url, stamp, count, progress)
            case .safetensors: try exportSafetensors(to: url, stamp, count, progress)
            case .csv, .ndjson: try exportText(to: url, stamp, format, count, progress)
            }
        } catch let error as DreamSimError where error.kind == .unwritable && error.remedy == nil {
            throw DreamSimError(
                .unwritable, error.subject, error.problem + "; check the folder's permissions and the room on its disk")
        } catch let error as AtomicFile.Failure {
            throw DreamSimError(error)
        }
        return count
    }

    /// How many rows a file of clip-retrieval's layout has.
    private static let rowsOfPiece = 1_000_000

    private func exportNumpy(
        to url: URL, _ stamp: InterchangeStamp, _ count: Int, _ progress: (Int, Int) throws -> Void
    ) throws {
        let manager = FileManager.default
        if let there = try? manager.contentsOfDirectory(atPath: url.path), !there.isEmpty {
            throw DreamSimError(.badRequest, url.path, "is not empty; name a new folder for the export")
        }
        // The folder has its name once it is whole; what a killed export left has another, and is replaced.
        let unfinished = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).dreamsim-export")
        try? manager.removeItem(at: unfinished)
        do {
            let parts = ["img_emb", "metadata"].map { unfinished.appending(path: $0) }
            for part in parts { try Folder.make(part.path) }
            try writePieces(vectors: parts[0], metadata: parts[1], count, progress)
            try AtomicFile.write(
                Array((try JSON.text(stamp) + "\n").utf8),
                to: unfinished.appending(path: InterchangeFiles.stampName).path.utf8)
            // A folder takes the place of an empty one.
            guard rename(unfinished.path, url.path) == 0 else {
                throw DreamSimError(SystemFailure(action: "made", code: errno), unwritable: url.path)
            }
        } catch {
            try? manager.removeItem(at: unfinished)
            throw error
        }
    }

    private func writePieces(
        vectors folder: URL, metadata: URL, _ count: Int, _ progress: (Int, Int) throws -> Void
    ) throws {
        for (piece, first) in stride(from: 0, to: max(1, count), by: Self.rowsOfPiece).enumerated() {
            var vectors = try NumpyWriter(
                rowShape: [settings.width], elementType: settings.precision.elementType,
                to: folder.appending(path: "img_emb_\(piece).npy"))
            let lines = try LineWriter(metadata.appending(path: "metadata_\(piece).ndjson"))
            try forEachEntry(first, Self.rowsOfPiece) { place, entry, bytes in
                try vectors.append(rowBytes: bytes)
                try lines.write(try JSON.line(entry))
                if place % 1024 == 0 { try progress(place, count) }
            }
            try vectors.commit()
            try lines.commit()
        }
    }

    private func exportSafetensors(
        to url: URL, _ stamp: InterchangeStamp, _ count: Int, _ progress: (Int, Int) throws -> Void
    ) throws {
        let lines = try LineWriter(InterchangeFiles.metadata(besideSafetensors: url))
        var vectors = try SafetensorsMatrixWriter(
            InterchangeFiles.tensor, rows: count, width: settings.width, elementType: settings.precision.elementType,
            metadata: [InterchangeFiles.stampKey: try JSON.line(stamp)], to: url)
        try forEachEntry(0, count) { place, entry, bytes in
            try vectors.append(rowBytes: bytes)
            try lines.write(try JSON.line(entry))
            if place % 1024 == 0 { try progress(place, count) }
        }
        try lines.flush()
        try vectors.commit()
        try lines.commit()
    }

    private func exportText(
        to url: URL, _ stamp: InterchangeStamp, _ format: InterchangeFormat, _ count: Int,
        _ progress: (Int, Int) throws -> Void
    ) throws {
        let lines = try LineWriter(url)
        if format == .csv {
            let names = InterchangeEntry.CodingKeys.allCases.map(\.rawValue) + (0..<settings.width).map { "v\($0)" }
            try lines.write(names.joined(separator: ","))
        }
        try forEachEntry(0, count) { place, entry, bytes in
            // Swift writes the shortest text that becomes the same number again.
            let numbers = settings.precision.values(bytes).map { "\($0)" }
            if format == .csv {
                try lines.write((entry.fields.map(CSV.field) + numbers).joined(separator: ","))
            } else {
                // The entry's braces are opened again for the vector.
                let line: String = try JSON.line(entry)
                try lines.write("\(line.prefix(line.count - 1)),\"vector\":[\(numbers.joined(separator: ","))]}")
            }
            if place % 256 == 0 { try progress(place, count) }
        }
        let stampFile = try LineWriter(InterchangeFiles.stamp(beside: url))
        try stampFile.write(try JSON.text(stamp))
        try stampFile.flush()
        try lines.commit()
        try stampFile.commit()
    }

    /// Calls `body` with files that have a vector, in the order in which they came into the index, after comparing the
    /// vector with its checksum.
    private func forEachEntry(
        _ first: Int, _ most: Int, _ body: (Int, InterchangeEntry, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT file.path, file.size, file.modified, file.changed, content.row, content.bytes, content.pixels,
                        content.width, content.height, content.format, content.checksum
                    FROM file JOIN content ON content.row = file.row ORDER BY file.id LIMIT ? OFFSET ?
                    """, arguments: [most, first])
            var place = first
            while let row = try rows.next() {
                let (path, bytes, pixels): (Data, Data, Data) = (
                    try row.value("path"), try row.value("bytes"), try row.value("pixels")
                )
                let (vector, checksum): (Int, Int64) = (try row.value("row"), try row.value("checksum"))
                guard vectors.holds(vector), Int64(Checksum.of(vectors.bytes(vector))) == checksum else {
                    throw DreamSimError(
                        .damaged, vectors.url.path,
                        "the vector of \(ImagePath(bytes: Array(path))) has changed; update the index and read all files again"
                    )
                }
                let entry = InterchangeEntry(
                    imagePath: ImagePath.text(path), sha256: bytes.hexadecimal, pixelsSHA256: pixels.hexadecimal,
                    fileSize: try row.value("size"), modified: try row.value("modified"),
                    changed: try row.value("changed"), width: try row.value("width"),
                    height: try row.value("height"), format: try row.value("format"),
                    crc32: UInt32(truncatingIfNeeded: checksum))
                try body(place, entry, vectors.bytes(vector))
                place += 1
            }
        }
    }
}

extension VectorPrecision {
    var elementType: ElementType { self == .float16 ? .float16 : .float32 }
}

/// A text file that appears when it is whole.
private final class LineWriter {
    private var file: AtomicFile?
    private var bytes: [UInt8] = []

    init(_ url: URL) throws { file = try AtomicFile(replacing: ImagePath(url.path).bytes) }

    func write(_ line: some StringProtocol) throws {
        bytes += line.utf8
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count > 1 << 20 { try append() }
    }

    /// Sees to it that everything is on the disk; what cannot fail after that is giving the file its name.
    func flush() throws {
        try append()
        try file?.flush()
    }

    func commit() throws {
        try append()
        try file.take()?.commit()
    }

    private func append() throws {
        try file?.append(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
