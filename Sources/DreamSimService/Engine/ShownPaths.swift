import DreamSimRetrieval
import Foundation

/// What clients are told of where indexed files lie: the path below the folder that was indexed, because the rest is nobody's
/// business. Of several folders each has its own name before it.
struct ShownPaths: Sendable {
    private let folders: [ImagePath]
    private let showsAll: Bool

    init(_ reader: IndexReader, showsAll: Bool) throws {
        self.showsAll = showsAll
        folders = showsAll ? [] : try reader.folders().map(\.path)
    }

    func callAsFunction(_ path: ImagePath) -> ImagePath {
        if showsAll { return path }
        let own = ImagePath(bytes: Array(path.lastComponent))
        let around = folders.filter { path != $0 && path.isInside($0) }
        guard let folder = around.max(by: { $0.bytes.count < $1.bytes.count }) else { return own }
        let rest = path.bytes.dropFirst(
            folder.bytes.last == UInt8(ascii: "/") ? folder.bytes.count : folder.bytes.count + 1)
        let below = ImagePath(bytes: Array(rest))
        return folders.count == 1 ? below : ImagePath(bytes: Array(folder.lastComponent)).appending(below.bytes)
    }
}
