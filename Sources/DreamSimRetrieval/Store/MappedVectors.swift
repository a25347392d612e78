import DreamSimCheckpoints
import Foundation

/// The vectors of an index, mapped for reading. Only the rows that the database has committed count; bytes beyond them
/// belong to a batch that was not finished.
final class MappedVectors: Sendable {
    let header: VectorFileHeader
    let rows: Int
    private let file: MappedFile
    var url: URL { file.url }
    /// Where the first row begins in the file.
    let offset: Int

    /// Maps a file.
    /// - Parameter rows: how many rows the database has committed.
    /// - Throws: `DreamSimError` with `.missing`, `.unreadable`, `.damaged` or `.newerVersion`.
    init(_ url: URL, rows: Int) throws {
        do {
            file = try MappedFile(url, watching: true)
        } catch {
            let isMissing = !FileManager.default.fileExists(atPath: url.path)
            throw DreamSimError(
                isMissing ? .missing : .unreadable, url.path,
                isMissing
                    ? "is missing; delete the index's folder and index the images again"
                    : "cannot be read: \(error.reason)")
        }
        (header, offset) = try VectorFileHeader.read(file.bytes, path: url.path)
        guard header.name == url.lastPathComponent else {
            throw DreamSimError(.damaged, url.path, "is the file of another index, '\(header.name)'")
        }
        let needed = rows.multipliedReportingOverflow(by: header.rowBytes)
        guard rows >= 0, !needed.overflow, needed.partialValue <= file.bytes.count - offset else {
            let there = max(0, file.bytes.count - offset) / header.rowBytes
            throw DreamSimError(
                .damaged, url.path,
                "is cut short: holds \(there) of \(rows) vectors; update the index, which embeds the lost ones again"
            )
        }
        self.rows = rows
    }

    /// Makes sure that what was read were the file's vectors: zeros stand in for those of a file that was cut short.
    /// - Throws: `DreamSimError` with `.damaged`.
    func checkIsWhole() throws(DreamSimError) {
        // What lies behind the rows may be cut off by the next writer.
        guard file.isWhole(offset + rows * header.rowBytes) else {
            throw DreamSimError(
                .damaged, url.path,
                "was cut short or could not be read while it was in use; update the index, which embeds lost vectors again"
            )
        }
    }

    /// What is wrong where the distance of a vector is NaN. It is not known of which image the vector is.
    var notFinite: DreamSimError {
        DreamSimError(
            .damaged, url.path,
            "holds a vector that is not finite, so that it has changed; check the index, then update the index and read all files again"
        )
    }

    /// Whether there is a vector at a place that a database names; a damaged one may name any.
    func holds(_ row: Int) -> Bool { (0..<rows).contains(row) }

    /// The bytes of a row.
    func bytes(_ row: Int) -> UnsafeRawBufferPointer {
        precondition(holds(row), "row \(row) of \(rows)")
        let start = offset + row * header.rowBytes
        return UnsafeRawBufferPointer(rebasing: file.bytes[start..<(start + header.rowBytes)])
    }

    /// The numbers of a row.
    func values(_ row: Int) -> [Float] { header.precision.values(bytes(row)) }

    /// All rows, for products. The map keeps them alive.
    var stored: StoredRows {
        StoredRows(
            base: file.bytes.baseAddress.map { $0 + offset }, rows: rows, width: header.width,
            precision: header.precision.stored)
    }
}
