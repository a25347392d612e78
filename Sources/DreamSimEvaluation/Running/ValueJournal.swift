package import Foundation

/// The values of one metric, each by the two images that were compared. With a file, every value is on its way to the
/// disk before the next is computed; a line that a killed process left unfinished is ignored.
package final class ValueJournal {
    private let file: AppendingFile?
    private var values: [String: Double] = [:]
    private static let version = "dreamsim-values 1"

    /// - Parameters:
    ///   - url: the file; nil to keep values in memory alone.
    ///   - identity: what the values depend on. A file of another identity is begun anew.
    package init(_ url: URL?, identity: MetricIdentity) throws(DreamSimError) {
        file = try url.map { (url) throws(DreamSimError) in try AppendingFile(url) }
        guard let file else { return }
        let header = Array("\(Self.version) \(identity.digest)\n".utf8)
        let bytes = try file.read(file.length, at: 0)
        guard bytes.starts(with: header) else {
            try file.truncate(to: 0)
            try file.append(header)
            return
        }
        var position = header.count
        while let end = bytes[position...].firstIndex(of: 10) {
            let fields = bytes[position..<end].split(separator: UInt8(ascii: " "))
            guard fields.count == 2, fields[0].count == Self.keyLength,
                let value = Double(String(decoding: fields[1], as: UTF8.self))
            else { break }
            values[String(decoding: fields[0], as: UTF8.self)] = value
            position = end + 1
        }
        if position < bytes.count { try file.truncate(to: position) }
    }

    private static let keyLength = 32

    package static func key(_ a: FileKey, _ b: FileKey) -> String {
        String(SHA256Digest.hex(of: Array((a.digits + b.digits).utf8)).prefix(keyLength))
    }

    package subscript(key: String) -> Double? { values[key] }

    package var count: Int { values.count }

    /// Keeps values.
    package func add(_ new: [(key: String, value: Double)]) throws(DreamSimError) {
        for (key, value) in new { values[key] = value }
        try file?.append(Array(new.map { "\($0.key) \($0.value)\n" }.joined().utf8))
    }
}
