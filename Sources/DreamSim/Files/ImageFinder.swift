import Foundation

/// Finds the pictures in folders.
public enum ImageFinder {
    /// The file name extensions, in lower case, that are looked for in folders. A file that is named itself may have any.
    public static let extensions: Set<String> = [
        "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "heic", "heif", "avif", "bmp",
    ]

    /// Replaces every folder by the pictures in it, also those further down, in the order of their names' bytes.
    ///
    /// Hidden files and folders are passed over. Links to folders are followed, but no folder is entered twice, so that
    /// loops end. What cannot be listed is reported and skipped.
    /// - Parameters:
    ///   - paths: files and folders; files are kept as they are, whatever their extension.
    ///   - unreadable: called with each folder that cannot be listed, and the reason.
    public static func expand(_ paths: [ImagePath], unreadable: (ImagePath, String) -> Void) -> [ImagePath] {
        var seen: Set<FileIdentity> = []
        var found: [ImagePath] = []
        for path in paths {
            if let identity = FileIdentity(path), identity.isFolder {
                walk(path, identity, &seen, &found, unreadable)
            } else {
                found.append(path)
            }
        }
        return found
    }

    /// Whether a path leads to a folder.
    public static func isFolder(_ path: ImagePath) -> Bool { FileIdentity(path)?.isFolder ?? false }

    private static func walk(
        _ folder: ImagePath, _ identity: FileIdentity, _ seen: inout Set<FileIdentity>, _ found: inout [ImagePath],
        _ unreadable: (ImagePath, String) -> Void
    ) {
        // Paths can be at most some thousand bytes long, which bounds the depth of this recursion.
        guard seen.insert(identity).inserted else { return }
        guard let entries = entries(of: folder) else {
            unreadable(folder, "cannot be listed: \(String(cString: strerror(errno)))")
            return
        }
        for entry in entries.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let path = folder.appending(entry)
            guard !path.isHidden, let identity = FileIdentity(path) else { continue }
            if identity.isFolder {
                walk(path, identity, &seen, &found, unreadable)
            } else if identity.isFile, hasImageExtension(path) {
                found.append(path)
            }
        }
    }

    private static func hasImageExtension(_ path: ImagePath) -> Bool {
        guard let dot = path.lastComponent.lastIndex(of: UInt8(ascii: ".")) else { return false }
        let tail = String(decoding: path.lastComponent[(dot + 1)...], as: UTF8.self)
        return extensions.contains(tail.lowercased())
    }

    /// The names in a folder as the system holds them, without `.` and `..`; nil, with `errno`, when it cannot be listed.
    private static func entries(of folder: ImagePath) -> [[UInt8]]? {
        guard let stream = folder.withCString({ opendir($0) }) else { return nil }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 1) { start in
                    Array(UnsafeRawBufferPointer(start: start, count: strlen(start)))
                }
            }
            if name != Array(".".utf8) && name != Array("..".utf8) { names.append(name) }
        }
        return names
    }
}

extension ImagePath {
    package func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
        (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}

/// Which file a path leads to, links followed.
private struct FileIdentity: Hashable {
    let device: UInt64
    let inode: UInt64
    let isFolder: Bool
    let isFile: Bool

    init?(_ path: ImagePath) {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isFile = status.st_mode & S_IFMT == S_IFREG
    }
}
