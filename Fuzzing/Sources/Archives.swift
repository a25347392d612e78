import DreamSimSupport

@testable import DreamSimCheckpoints

/// Archives, read by each of the ways in which the program reads them.
extension Target {
    static let zip = Target("zip") { bytes in
        try MappedFile.with(bytes) { file in
            let archive = try ZipArchive(file)
            // A member that is refused says nothing of the next.
            for entry in archive.entries.prefix(8) {
                answered { try archive.extract(entry) { _ in } }
                answered { _ = try archive.read(entry, limit: 1 << 20) }
                answered { try archive.checkChecksum(of: entry) }
            }
            // A checkpoint of torch, or arrays of numpy.
            let (_, contents) = try FormatReader.read(file, limits: .standard)
            for tensor in contents.tensors { _ = try tensor.load() }
        }
    }

    /// A compressed archive, or the blocks of one as they come out of their compression, in pieces.
    static let tar = Target("tar") { bytes in
        if bytes.first == 0x1F {
            return try MappedFile.with(bytes) { file in
                let archive = TarGzArchive(file)
                let entries = try archive.entries()
                for entry in entries.prefix(8) {
                    answered { try archive.extract(entry, among: entries, limit: 1 << 20) { _ in } }
                }
            }
        }
        let blocks = withSoundSums(bytes)
        var reader = TarReader(path: "fuzz")
        let piece = max(1, Int(bytes.first ?? 0) * 8)
        for start in stride(from: 0, to: blocks.count, by: piece) {
            try blocks[start..<min(start + piece, blocks.count)].withUnsafeBytes { piece in
                try reader.consume(piece, wanted: { $0.index % 2 == 0 }, visit: { _ in }, sink: { _ in })
            }
        }
        try reader.finish()
    }

    /// The blocks after the first byte; those that look like a header get the sum that mutations would never hit.
    private static func withSoundSums(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var blocks = Array(bytes.dropFirst())
        for start in stride(from: 0, through: blocks.count - 512, by: 512)
        where blocks[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
            let field = (start + 148)..<(start + 156)
            blocks.replaceSubrange(field, with: Array(repeating: UInt8(ascii: " "), count: 8))
            let sum = blocks[start..<(start + 512)].reduce(0) { $0 + Int($1) }
            let digits = String(sum, radix: 8)
            let text = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
            blocks.replaceSubrange(field, with: text.utf8)
        }
        return blocks
    }
}
