import ArgumentParser
import DreamSimService
import Foundation

/// What `serve` shows of this machine's files.
struct ServedIndexOptions: ParsableArguments {
    @Option(
        name: .customLong("index"),
        help: ArgumentHelp("Index to serve, or NAME=DIR (repeatable).", valueName: "dir"), completion: .directory)
    var indexes: [String] = []

    @Option(
        help: ArgumentHelp("Let requests add images, kept in this folder, and remove some.", valueName: "dir"),
        completion: .directory)
    var allowChanges: String?

    @Flag(help: "Show whole paths of indexed files.")
    var showPaths = false

    @Option(help: ArgumentHelp("Folder of evaluation reports to serve.", valueName: "dir"), completion: .directory)
    var reports: String?

    @Option(help: ArgumentHelp("Folder whose files requests may name.", valueName: "dir"), completion: .directory)
    var allowRoot: String?

    func validate() throws {
        for (option, folder) in [("allow-changes", allowChanges), ("reports", reports), ("allow-root", allowRoot)]
        where folder == "" { throw ValidationError("--\(option) must name a folder") }
        for text in indexes {
            if text.isEmpty || text.hasSuffix("=") {
                throw ValidationError("--index '\(text)' must name a folder; write DIR or NAME=DIR")
            }
            // A folder may have the sign in its path.
            guard let equals = text.firstIndex(of: "="), !ServiceName.isGood(String(text[..<equals])),
                !FileManager.default.fileExists(atPath: text)
            else { continue }
            throw ValidationError(
                "--index '\(text)': there is no such folder, and '\(text[..<equals])' is no name of an index, which has "
                    + ServiceName.rule)
        }
        let bare = named.filter { $0.name == nil }.map(\.folder)
        guard bare.count <= 1 else {
            throw ValidationError(
                "--index is given twice without a name (\(bare.joined(separator: ", "))); write NAME=DIR for each but one"
            )
        }
    }

    /// The folders, with the names that they are given. A name is followed by `=`.
    private var named: [(name: String?, folder: String)] {
        indexes.map { text in
            guard let equals = text.firstIndex(of: "="), ServiceName.isGood(String(text[..<equals])) else {
                return (nil, text)
            }
            return (String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
    }

    /// The folders of all indexes.
    var folders: [URL] { named.map { URL(filePath: $0.folder) } }

    func apply(to settings: inout ServiceSettings) {
        settings.root = allowRoot.map { URL(filePath: $0) }
        settings.reports = reports.map { URL(filePath: $0) }
        settings.indexes = named.compactMap { index in
            index.name.map { ServiceSettings.Index(name: $0, folder: URL(filePath: index.folder)) }
        }
        if let bare = named.first(where: { $0.name == nil }) { settings.index = URL(filePath: bare.folder) }
        settings.additions = allowChanges.map { URL(filePath: $0) }
        settings.showsPaths = showPaths
    }
}
