public import Foundation
internal import Persistence
public import Tensors

/// Writes arrays as NumPy's `.npy`, version 1.0.
public enum NumpyWriter {
    /// Writes a tensor as little-endian float32 in C order; the file appears whole or not at all.
    /// - Throws: `.unwritable` when the folder is missing, the disk is full or the like.
    public static func write(_ tensor: Tensor, to url: URL) throws(CheckpointError) {
        let extents = tensor.shape.dimensions
        let shape = extents.map(String.init).joined(separator: ", ") + (extents.count == 1 ? "," : "")
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape)), }"
        // The format wants magic, version, length and text together to fill whole lines of 64 bytes.
        let used = 10 + header.utf8.count + 1
        header += String(repeating: " ", count: (64 - used % 64) % 64) + "\n"
        let length = header.utf8.count
        let bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
        let opening = bytes + Array(header.utf8)
        do throws(AtomicFile.Failure) {
            let file = try AtomicFile(replacing: url.path.utf8)
            try file.append(opening)
            try tensor.withUnsafeBufferPointer { (values) throws(AtomicFile.Failure) in
                try file.append(UnsafeRawBufferPointer(values))
            }
            try file.commit()
        } catch {
            throw CheckpointError(error)
        }
    }
}
