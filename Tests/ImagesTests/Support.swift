import DreamSimCodecs
import Foundation
import Testing

/// Reads the U8 tensors of a safetensors file.
struct SafetensorsBytes {
    private let data: Data
    private let entries: [String: (shape: [Int], range: Range<Int>)]

    init?(_ url: URL?) {
        guard let url, let data = try? Data(contentsOf: url), data.count > 8 else { return nil }
        let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard let header = try? JSONSerialization.jsonObject(with: data[8..<(8 + length)]) as? [String: [String: Any]]
        else { return nil }
        self.data = data
        entries = header.compactMapValues { entry in
            guard entry["dtype"] as? String == "U8", let shape = entry["shape"] as? [Int],
                let offsets = entry["data_offsets"] as? [Int]
            else { return nil }
            return (shape, (8 + length + offsets[0])..<(8 + length + offsets[1]))
        }
    }

    var names: [String] { entries.keys.sorted() }

    subscript(name: String) -> (shape: [Int], bytes: [UInt8])? {
        entries[name].map { ($0.shape, Array(data[$0.range])) }
    }
}

/// Expects two arrays of bytes to be equal, and says how many differ and by how much.
func expectEqual(
    _ actual: [UInt8], _ expected: [UInt8], _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual != expected else { return }
    guard actual.count == expected.count else {
        Issue.record("\(name): \(actual.count) bytes, not \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    let differences = zip(actual, expected).map { abs(Int($0) - Int($1)) }
    let differing = differences.count { $0 != 0 }
    Issue.record(
        "\(name): \(differing) of \(expected.count) bytes differ, by up to \(differences.max() ?? 0)",
        sourceLocation: sourceLocation)
}
