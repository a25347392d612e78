/// Writes tar archives for tests.
public struct TarBuilder {
    /// The blocks so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty archive.
    public init() {}

    /// Appends a member.
    /// - Parameters:
    ///   - type: the type's character, '0' for a file.
    ///   - size: the size that is claimed, when it is not the truth.
    public mutating func add(
        _ name: String, _ contents: [UInt8] = [], type: Character = "0", prefix: String = "", size: Int? = nil,
        hasGoodChecksum: Bool = true
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (i, byte) in text.utf8.enumerated() { header[offset + i] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(String(name.prefix(100)), at: 0)
        put("0000644", at: 100)
        put(octal(size ?? contents.count, 11), at: 124)
        put(String(type), at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(prefix, at: 345)
        put("        ", at: 148)
        let sum = header.reduce(0) { $0 + Int($1) } + (hasGoodChecksum ? 0 : 1)
        put(octal(sum, 6) + "\0 ", at: 148)
        bytes += header + contents
        bytes += [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    /// Appends a pax header for the member that follows.
    public mutating func addPax(_ records: [(key: String, value: String)], isGlobal: Bool = false) {
        var text: [UInt8] = []
        for (key, value) in records {
            let body = " \(key)=\(value)\n"
            var length = body.utf8.count
            while length != body.utf8.count + String(length).count { length = body.utf8.count + String(length).count }
            text += Array("\(length)\(body)".utf8)
        }
        add("pax", text, type: isGlobal ? "g" : "x")
    }

    /// The archive with its end, compressed.
    public func gzip() -> [UInt8] {
        ZipBuilder.gzip(bytes + [UInt8](repeating: 0, count: 1024))
    }
}
