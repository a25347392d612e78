import Foundation

/// The folder of caches, which is held to a size.
enum FrozenFolder {
    /// Removes the caches that were used longest ago until there is room; what another run has open stays.
    /// - Parameters:
    ///   - bytes: the room that is wanted.
    ///   - url: the file it is wanted for.
    ///   - limit: the most bytes of the folder.
    /// - Returns: the names of what was removed.
    static func makeRoom(in folder: URL, for bytes: Int, besides url: URL, limit: Int) -> [String] {
        var others = files(in: folder).filter { $0.name != url.lastPathComponent }
        var total = others.reduce(min(bytes, limit)) { $0 + $1.size }
        others.sort { ($0.used, $0.name) < ($1.used, $1.name) }
        var removed: [String] = []
        for other in others where total > limit {
            guard remove(folder.appending(path: other.name)) else { continue }
            total -= other.size
            removed.append(other.name)
        }
        return removed
    }

    private struct File {
        let name: String
        let size: Int
        let used: Date
    }

    private static func files(in folder: URL) -> [File] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix("." + FrozenCache.suffix) }.compactMap { name in
            guard
                let attributes = try? FileManager.default.attributesOfItem(
                    atPath: folder.appending(path: name).path),
                attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int,
                let used = attributes[.modificationDate] as? Date
            else { return nil }
            return File(name: name, size: size, used: used)
        }
    }

    /// Removes a file that is a cache and that nobody has open.
    private static func remove(_ url: URL) -> Bool {
        let descriptor = open(url.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let magic = Array(FrozenCache.magic.utf8)
        var found = [UInt8](repeating: 0, count: magic.count)
        guard found.withUnsafeMutableBytes({ WholeBytes.read(into: $0, from: descriptor, at: 0) }), found == magic,
            flock(descriptor, LOCK_EX | LOCK_NB) == 0
        else { return false }
        return unlink(url.path) == 0
    }
}
