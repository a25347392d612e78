package import DreamSimTensors
package import Foundation

/// Writes arrays as NumPy's `.npy`, version 1.0: little-endian float32, or float16, in C order.
///
/// Rows may come one by one, so that an array need not fit in memory; the file appears under its name only when `commit`
/// is called, whole.
package struct NumpyWriter: ~Copyable {
    private let file: AtomicFile
    private let tail: [Int]
    private let elementType: ElementType
    private var rows = 0

    /// Writes a tensor.
    /// - Throws: `.unwritable` when the folder is missing, the disk is full or the like.
    package static func write(_ tensor: Tensor, to url: URL) throws(DreamSimError) {
        precondition(tensor.shape.rank > 0, "a scalar has no rows")
        var writer = try NumpyWriter(rowShape: Array(tensor.shape.dimensions.dropFirst()), to: url)
        try writer.append(tensor, rows: tensor.shape[0])
        try writer.commit()
    }

    /// A whole file in memory: a matrix of rows of the same width.
    package static func bytes(rows: [[Float]], width: Int) -> [UInt8] {
        var bytes = header(rows: rows.count, tail: [width], .float32)
        bytes.reserveCapacity(bytes.count + 4 * rows.count * width)
        for row in rows {
            precondition(row.count == width, "\(row.count) values for a row of \(width)")
            row.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// Begins an array whose rows have a shape.
    /// - Parameter elementType: `.float32`, or `.float16` for rows that are appended as bytes.
    /// - Throws: `.unwritable` when the folder is missing, the disk is full or the like.
    package init(rowShape: [Int], elementType: ElementType = .float32, to url: URL) throws(DreamSimError) {
        precondition([.float32, .float16].contains(elementType), "\(elementType) is not written")
        tail = rowShape
        self.elementType = elementType
        do throws(AtomicFile.Failure) {
            let opened = try AtomicFile(replacing: url.path.utf8)
            try opened.append(Self.header(rows: 0, tail: rowShape, elementType))
            file = opened
        } catch {
            throw DreamSimError(error)
        }
    }

    /// Appends one row.
    /// - Throws: `.unwritable` when the disk is full or the like.
    package mutating func append(row: [Float]) throws(DreamSimError) {
        try append(Tensor(row, shape: Shape(tail)), rows: 1)
    }

    /// Appends one row as its bytes, little-endian.
    /// - Throws: `.unwritable` when the disk is full or the like.
    package mutating func append(rowBytes bytes: UnsafeRawBufferPointer) throws(DreamSimError) {
        let expected = Shape(tail).count * elementType.byteCount
        precondition(bytes.count == expected, "\(bytes.count) bytes for a row of \(expected)")
        do throws(AtomicFile.Failure) { try file.append(bytes) } catch { throw DreamSimError(error) }
        rows += 1
    }

    private mutating func append(_ tensor: Tensor, rows count: Int) throws(DreamSimError) {
        precondition(elementType == .float32, "values are written as float32")
        precondition(tensor.count == Shape([count] + tail).count, "\(tensor.shape) for \(count) rows of \(tail)")
        do throws(AtomicFile.Failure) {
            try tensor.withUnsafeBufferPointer { (values) throws(AtomicFile.Failure) in
                try file.append(UnsafeRawBufferPointer(values))
            }
        } catch {
            throw DreamSimError(error)
        }
        rows += count
    }

    /// Gives the finished file its name.
    /// - Throws: `.unwritable` when the disk is full or the like.
    package consuming func commit() throws(DreamSimError) {
        do throws(AtomicFile.Failure) {
            try file.overwrite(at: 0, Self.header(rows: rows, tail: tail, elementType))
            try file.commit()
        } catch {
            throw DreamSimError(error)
        }
    }

    /// The bytes before the values. Their number does not depend on the number of rows.
    private static func header(rows: Int, tail: [Int], _ elementType: ElementType) -> [UInt8] {
        header([rows] + tail, elementType == .float16 ? "<f2" : "<f4")
    }

    /// The bytes before values of a shape.
    static func header(_ extents: [Int], _ type: String) -> [UInt8] {
        let shape = extents.map(String.init).joined(separator: ", ") + (extents.count == 1 ? "," : "")
        var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
        // The format wants magic, version, length and text together to fill whole lines of 64 bytes; room is left for
        // the longest number of rows.
        let room = 10 + text.utf8.count + 1 + 20 - (extents.first.map { String($0).count } ?? 0)
        text += String(repeating: " ", count: (room + 63) / 64 * 64 - 10 - text.utf8.count - 1) + "\n"
        let length = text.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
    }
}
