import DreamSimTensors
package import Foundation

/// Writes a safetensors file of one matrix whose rows come one by one as bytes, so that it need not fit in memory.
package struct SafetensorsMatrixWriter: ~Copyable {
    private let file: AtomicFile
    private let rowBytes: Int
    private let rows: Int
    private var done = 0

    /// Begins the file.
    /// - Throws: `.unwritable` when the folder is missing, the disk is full or the like.
    package init(
        _ name: String, rows: Int, width: Int, elementType: ElementType, metadata: [String: String], to url: URL
    ) throws(DreamSimError) {
        let header = try SafetensorsWriter.header([(name, elementType, [rows, width])], metadata, path: url.path)
        do throws(AtomicFile.Failure) {
            let opened = try AtomicFile(replacing: url.path.utf8)
            try opened.append(header)
            file = opened
            rowBytes = width * elementType.byteCount
            self.rows = rows
        } catch {
            throw DreamSimError(error)
        }
    }

    /// Appends one row as its bytes, little-endian.
    /// - Throws: `.unwritable` when the disk is full or the like.
    package mutating func append(rowBytes bytes: UnsafeRawBufferPointer) throws(DreamSimError) {
        precondition(
            bytes.count == rowBytes && done < rows, "row \(done) of \(rows): \(bytes.count) of \(rowBytes) bytes")
        do throws(AtomicFile.Failure) { try file.append(bytes) } catch { throw DreamSimError(error) }
        done += 1
    }

    /// Gives the finished file its name.
    /// - Throws: `.unwritable` when the disk is full or the like.
    package consuming func commit() throws(DreamSimError) {
        precondition(done == rows, "\(done) of \(rows) rows were written")
        do throws(AtomicFile.Failure) { try file.commit() } catch { throw DreamSimError(error) }
    }
}
