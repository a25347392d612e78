import DreamSimRetrieval
import Foundation

/// What clients are told of where indexed files lie: the path below the folder that was indexed, because the rest is nobody's
/// business. Of several folders each has its own name before it, and so has that in which images are kept which requests add: the
/// first of these does not change what others are called.
struct ShownPaths: Sendable {
    private let folders: [ImagePath]
    private let showsAll: Bool
    /// The folder that needs no name; nil where there are several.
    private let only: ImagePath?

    init(_ reader: IndexReader, _ settings: ServiceSettings) throws {
        showsAll = settings.showsPaths
        folders = showsAll ? [] : try reader.folders().map(\.path)
        let additions = settings.additions.map { ImagePath($0.path).absolute() }
        let others = folders.filter { folder in additions.map { !folder.isInside($0) } ?? true }
        only = others.count == 1 ? others[0] : nil
    }

    func callAsFunction(_ path: ImagePath) -> ImagePath {
        if showsAll { return path }
        let own = ImagePath(bytes: Array(path.lastComponent))
        let around = folders.filter { path != $0 && path.isInside($0) }
        guard let folder = around.max(by: { $0.bytes.count < $1.bytes.count }) else { return own }
        let rest = path.bytes.dropFirst(
            folder.bytes.last == UInt8(ascii: "/") ? folder.bytes.count : folder.bytes.count + 1)
        let below = ImagePath(bytes: Array(rest))
        return folder == only ? below : ImagePath(bytes: Array(folder.lastComponent)).appending(below.bytes)
    }
}
