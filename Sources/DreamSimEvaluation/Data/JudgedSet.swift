/// Images that people have judged: NIGHTS, BAPPS, THINGS, or a table of one's own.
public struct JudgedSet: Sendable {
    /// What it is called in results.
    public let name: String
    /// The layout it was read from, such as `nights`.
    public let layout: String
    /// The folder or file it was read from.
    public let root: ImagePath
    /// What was chosen of it, such as `split test, at least 6 votes`.
    public let selection: String
    /// What people were asked.
    public let task: JudgmentTask
    /// The judgments, in the order of the files.
    public let items: [JudgedItem]
    /// Rows that the selection left out.
    public let leftOut: Int
    /// What is odd about the set and no error.
    public let notes: [String]

    init(
        name: String, layout: String, root: ImagePath, selection: String, task: JudgmentTask, items: [JudgedItem],
        leftOut: Int = 0, notes: [String] = []
    ) throws(DreamSimError) {
        guard !items.isEmpty else {
            throw DreamSimError(
                .empty, "\(root)", "nothing to judge (\(selection)); \(leftOut) rows were left out by the selection")
        }
        var ids: Set<String> = []
        for item in items where !ids.insert(item.id).inserted {
            throw DreamSimError(.duplicate, "\(root)", "two judgments have the id '\(item.id)'; make ids unique")
        }
        (self.name, self.layout, self.root, self.selection) = (name, layout, root, selection)
        (self.task, self.items, self.leftOut, self.notes) = (task, items, leftOut, notes)
    }

    /// SHA-256 over ids, paths, judgments and weights, in hexadecimal: what was judged, wherever it lies.
    public var digest: String {
        var hash = SHA256Digest()
        let prefix = root.bytes
        for item in items {
            var text = Array("\(item.id)\u{0}\(item.judgment)\u{0}\(item.weight)".utf8)
            for image in item.images {
                text.append(0)
                text += image.bytes.starts(with: prefix) ? image.bytes.dropFirst(prefix.count) : image.bytes[...]
            }
            text.append(10)
            text.withUnsafeBytes { hash.update($0) }
        }
        return hash.hex()
    }

    /// The file that holds the judgments, where it is one.
    package var table: ImagePath { layout == "nights" ? root.appending(Array("data.csv".utf8)) : root }

    /// The labels that divide the set, in order of appearance; those that all or no items bear divide nothing.
    public var parts: [String] {
        var counts: [String: Int] = [:]
        var order: [String] = []
        for label in items.lazy.flatMap({ Set($0.labels).sorted() }) {
            if counts[label] == nil { order.append(label) }
            counts[label, default: 0] += 1
        }
        return order.filter { counts[$0] != items.count }
    }
}
