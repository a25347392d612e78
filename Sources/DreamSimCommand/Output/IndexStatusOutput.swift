import DreamSimRetrieval

extension IndexStatus {
    /// The status as people read it.
    var text: String {
        var table = TextTable([
            ("folder", .left), ("images", .right), ("unreadable", .right), ("state", .left), ("files", .left),
        ])
        for folder in folders {
            table.add([
                "\(folder.path)", "\(folder.images)", "\(folder.unreadable)", folder.isThere ? "there" : "gone",
                Self.patterns(folder),
            ])
        }
        let total = ["", "\(images) images in all, embedded by \(MetricColumn(model).nameAndWeights)"]
        return (table.lines() + total).map { $0 + "\n" }.joined()
    }

    private static func patterns(_ folder: Folder) -> String {
        let parts =
            folder.included.map { "only \($0)" } + folder.excluded.map { "not \($0)" }
            + (folder.followsLinks ? [] : ["links not followed"])
        return parts.isEmpty ? "all" : parts.joined(separator: ", ")
    }
}
