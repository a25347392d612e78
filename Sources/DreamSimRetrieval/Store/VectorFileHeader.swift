/// What stands at the beginning of a file of vectors.
///
/// A line `dreamsim-vectors 1 <header's length> <CRC-32 of the JSON>`, a line of JSON, and spaces up to the header's
/// length, a multiple of 4096. The vectors follow without gaps: row-major [rows, width], little-endian, so that
/// `numpy.memmap(file, "<f2", offset=length)` reads them too. How many rows count is in the database.
struct VectorFileHeader: Codable, Equatable {
    /// What made the vectors.
    var stamp: ModelStamp
    /// The number of components of a vector.
    var width: Int
    /// How they are kept.
    var precision: VectorPrecision
    /// The file's own name, so that files of different indices cannot be exchanged unnoticed.
    var name: String

    private static let frame = FramedHeader(
        magic: "dreamsim-vectors", what: "a file of vectors",
        advice: "delete the index's folder and index the images again")

    var rowBytes: Int { width * precision.size }

    /// The header's bytes.
    func bytes() throws -> [UInt8] { try Self.frame.bytes(self, name: name) }

    /// Reads a header.
    /// - Returns: the header and its length in bytes.
    /// - Throws: `DreamSimError` with `.damaged` or `.newerVersion`.
    static func read(_ bytes: UnsafeRawBufferPointer, path: String) throws -> (header: VectorFileHeader, length: Int) {
        let (header, length) = try frame.read(Self.self, bytes, path: path)
        guard (1...1 << 20).contains(header.width) else { throw frame.damaged(path, "its header cannot be understood") }
        return (header, length)
    }
}
