import CDreamSimZlib
package import Foundation

/// Writes `.npz` files: a zip file of stored `.npy` members, as `numpy.savez` does.
package enum NumpyArchiveWriter {
    /// An array of an archive.
    package enum Member: Sendable {
        /// float64, row-major.
        case doubles([Double], shape: [Int])
        /// uint8.
        case bytes([UInt8])
    }

    /// Writes an archive; it appears under its name whole or not at all.
    /// - Throws: `.unwritable` when the folder is missing, the disk is full or the like; `.limitExceeded` beyond 4 GB.
    package static func write(_ members: [(name: String, member: Member)], to url: URL) throws(DreamSimError) {
        let contents = members.map { (name: $0.name, parts: $0.member.contents) }
        guard contents.reduce(0, { $0 + $1.parts.header.count + $1.parts.values.count }) < 0xFFFF_0000 else {
            throw DreamSimError(.limitExceeded, url.path, "would be larger than 4 GB; embed with fewer components")
        }
        do throws(AtomicFile.Failure) {
            let file = try AtomicFile(replacing: url.path.utf8)
            var (directory, offset): ([UInt8], Int) = ([], 0)
            for (name, (header, values)) in contents {
                let size = header.count + values.count
                let path = Array((name + ".npy").utf8)
                let checksum = header.withUnsafeBytes { first in
                    values.withUnsafeBytes { crc(crc(0, first), $0) }
                }
                // Version, flags, method, time, the first of January 1980, checksum, sizes, lengths of name and extra.
                var facts: [UInt8] = []
                for value in [20, 0, 0, 0, 0x21] { append(value, 2, to: &facts) }
                for value in [Int(checksum), size, size] { append(value, 4, to: &facts) }
                for value in [path.count, 0] { append(value, 2, to: &facts) }
                try file.append([0x50, 0x4B, 3, 4] + facts + path + header)
                try file.append(values)
                directory += [0x50, 0x4B, 1, 2, 20, 0] + facts + [UInt8](repeating: 0, count: 10)
                append(offset, 4, to: &directory)
                directory += path
                offset += 4 + facts.count + path.count + size
            }
            var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
            for _ in 0..<2 { append(members.count, 2, to: &end) }
            for value in [directory.count, offset] { append(value, 4, to: &end) }
            try file.append(directory + end + [0, 0])
            try file.commit()
        } catch {
            throw DreamSimError(error)
        }
    }

    private static func append(_ value: Int, _ bytes: Int, to out: inout [UInt8]) {
        for place in 0..<bytes { out.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
    }

    private static func crc(_ before: UInt, _ bytes: UnsafeRawBufferPointer) -> UInt {
        UInt(crc32_z(uLong(before), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
    }
}

extension NumpyArchiveWriter.Member {
    /// The bytes before the values, and the values.
    fileprivate var contents: (header: [UInt8], values: [UInt8]) {
        switch self {
        case .doubles(let values, let shape):
            precondition(values.count == shape.reduce(1, *), "\(values.count) values for \(shape)")
            return (NumpyWriter.header(shape, "<f8"), values.withUnsafeBytes(Array.init))
        case .bytes(let values): return (NumpyWriter.header([values.count], "|u1"), values)
        }
    }
}
