import DreamSim
import DreamSimSupport
import Foundation

@testable import DreamSimRetrieval

/// The files of an index and of its exports.
extension Target {
    static let vectors = Target("vectors") { bytes in
        try framed("dreamsim-vectors", bytes).withUnsafeBytes { _ = try VectorFileHeader.read($0, path: "fuzz") }
    }

    /// Every record gets the sum that mutations would never hit.
    static let graph = Target("graph") { bytes in
        var file = framed(NeighborFile.frame.magic, bytes)
        if let (header, length) = try? file.withUnsafeBytes({
            try NeighborFile.frame.read(NeighborFile.Header.self, $0, path: "fuzz")
        }), (2...256).contains(header.links), (1...256).contains(header.rows) {
            var start = length
            func seal(_ size: Int) {
                if file.count < start + size { file += Array(repeating: 0, count: start + size - file.count) }
                let sum = Checksum.of(Array(file[start..<(start + size - 4)]))
                withUnsafeBytes(of: sum.littleEndian) {
                    file.replaceSubrange((start + size - 4)..<(start + size), with: $0)
                }
                start += size
            }
            for (level, count) in ([header.rows] + header.levels.prefix(4)).enumerated() where (1...256).contains(count)
            {
                let size = NeighborFile.bytes(onLevel: min(level, 1), links: header.links)
                for _ in 0..<count { seal(size) }
            }
            if let equal = header.equal, (1..<header.rows).contains(equal) { seal(EqualRows.size(equal)) }
            file.removeSubrange(start...)
        }
        try NeighborFile(ScratchFile.write(file))?.verify()
    }

    /// A stamp and entries, as lines of JSON or as CSV.
    static let interchange = Target("interchange") { bytes in
        _ = try? InterchangeStamp(Data(bytes), path: "fuzz")
        let stamp = standardStamp
        let format: InterchangeFormat = bytes.first == UInt8(ascii: "{") ? .ndjson : .csv
        let source = try InterchangeSource(ScratchFile.write(bytes), format: format, stamp: stamp)
        while let (entry, vector) = try source.read() {
            _ = entry.details
            precondition(vector.count == stamp.width)
        }
    }

    private static let standardStamp = InterchangeStamp(
        IndexSettings(
            stamp: ModelStamp(model: "tiny", weights: "00", preprocessing: .standard, isNormalized: true),
            source: "tiny",
            width: 2, precision: .float16))

    /// A file with a framed header: bytes that begin with a brace are its JSON up to the first NUL, and what follows the
    /// header.
    private static func framed(_ magic: String, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard bytes.first == UInt8(ascii: "{") else { return Array(bytes) }
        let json = Array(bytes.prefix { $0 != 0 })
        let length = (json.count + 65 + 4096) / 4096 * 4096
        let line = "\(magic) 1 \(length) \(String(Checksum.of(json), radix: 16))\n"
        let header = Array(line.utf8) + json
        return header + Array(repeating: UInt8(ascii: " "), count: length - header.count)
            + bytes.dropFirst(json.count + 1)
    }
}
