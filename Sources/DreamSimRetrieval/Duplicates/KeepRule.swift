/// A rule by which the copy that is kept is chosen.
public enum KeepRule: String, Sendable, Codable, CaseIterable {
    /// The most pixels.
    case largest
    /// A file of a format that loses nothing: PNG, TIFF, BMP or GIF. A copy of it in another format can be larger and holds less.
    case lossless
    /// The largest file.
    case largestFile = "largest-file"
    /// The one that was modified first.
    case oldest
    /// The one that was modified last.
    case newest
    /// The shortest path.
    case shortestPath = "shortest-path"

    /// The rules where none is chosen, in their order.
    package static let standard: [KeepRule] = [.largest, .lossless, .largestFile, .oldest, .shortestPath]

    /// Rules with those that decide where they do not.
    package static func completed(_ chosen: [KeepRule]) -> [KeepRule] {
        let opposite: KeepRule? = chosen.contains(.newest) ? .oldest : nil
        return chosen + standard.filter { !chosen.contains($0) && $0 != opposite }
    }

    /// What it says, for people.
    package var text: String {
        switch self {
        case .largest: "most pixels"
        case .lossless: "lossless format"
        case .largestFile: "largest file"
        case .oldest: "oldest"
        case .newest: "newest"
        case .shortestPath: "shortest path"
        }
    }

    /// Whether one file is better than another; nil when the rule does not tell.
    package func prefers(_ a: IndexedFile, to b: IndexedFile) -> Bool? {
        func decide<Value: Comparable>(_ x: Value, _ y: Value) -> Bool? { x == y ? nil : x > y }
        func pixels(_ file: IndexedFile) -> Int { file.content.map { $0.width * $0.height } ?? 0 }
        func isLossless(_ file: IndexedFile) -> Int {
            ["png", "tiff", "bmp", "gif"].contains(file.content?.format ?? "") ? 1 : 0
        }
        return switch self {
        case .lossless: decide(isLossless(a), isLossless(b))
        case .largest: decide(pixels(a), pixels(b))
        case .largestFile: decide(a.size, b.size)
        case .oldest: decide(b.modifiedTime, a.modifiedTime)
        case .newest: decide(a.modifiedTime, b.modifiedTime)
        case .shortestPath: decide(b.path.bytes.count, a.path.bytes.count)
        }
    }
}
