import Foundation

/// Finds the images in folders.
public enum ImageFinder {
    /// The file name extensions, in lower case, that are looked for in folders. A file that is named itself may have any.
    public static let extensions: Set<String> = [
        "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "heic", "heif", "avif", "bmp",
    ]

    /// What is passed over in folders, besides hidden files and folders.
    public struct Options: Sendable, Hashable {
        /// Whether links to files and folders are followed; no folder is entered twice in any case.
        public var followsLinks = true
        /// Patterns, one of which a file must match when there are any.
        ///
        /// `*` stands for anything, `?` for one character, `[a-c]` for one of some. A pattern without a slash is compared
        /// with the file's name, one with a slash with the path, where `*` also stands for slashes.
        public var included: [String] = []
        /// Patterns that no file or folder may match.
        public var excluded: [String] = []

        /// Links are followed, and everything is taken.
        public init() {}
    }

    /// Replaces every folder by the images in it, also those further down, in the order of their names' bytes.
    ///
    /// Hidden files and folders are passed over. Links to folders are followed, but no folder is entered twice, so that
    /// loops end. What cannot be listed is reported and skipped.
    /// - Parameters:
    ///   - paths: files and folders; files are kept as they are, whatever their extension.
    ///   - options: what is passed over in folders.
    ///   - unreadable: called with each folder that cannot be listed, and the reason.
    public static func expand(
        _ paths: [ImagePath], options: Options = Options(), unreadable: (ImagePath, String) -> Void
    ) -> [ImagePath] {
        var seen: Set<FileIdentity> = []
        var found: [ImagePath] = []
        for path in paths {
            if let identity = FileIdentity(path), identity.isFolder {
                walk(path, identity, options, &seen, &found, unreadable)
            } else {
                found.append(path)
            }
        }
        return found
    }

    /// Whether a path leads to a folder.
    public static func isFolder(_ path: ImagePath) -> Bool { FileIdentity(path)?.isFolder ?? false }

    private static func walk(
        _ folder: ImagePath, _ identity: FileIdentity, _ options: Options, _ seen: inout Set<FileIdentity>,
        _ found: inout [ImagePath], _ unreadable: (ImagePath, String) -> Void
    ) {
        // Paths can be at most some thousand bytes long, which bounds the depth of this recursion.
        guard seen.insert(identity).inserted else { return }
        guard let entries = entries(of: folder) else {
            unreadable(folder, "cannot be listed: \(String(cString: strerror(errno)))")
            return
        }
        for entry in entries.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let path = folder.appending(entry)
            guard !path.isHidden, !options.excluded.contains(where: { path.matches($0) }) else { continue }
            guard let identity = FileIdentity(path, followsLinks: options.followsLinks) else {
                guard errno == EACCES else { continue }
                // Where names can be read but not followed, one line tells of the folder; else it is a link into one.
                if FileIdentity(path, followsLinks: false) == nil, errno == EACCES {
                    unreadable(folder, "cannot be entered: \(String(cString: strerror(EACCES)))")
                    return
                }
                unreadable(path, "leads where nothing can be read: \(String(cString: strerror(EACCES)))")
                continue
            }
            if identity.isFolder {
                walk(path, identity, options, &seen, &found, unreadable)
            } else if identity.isFile, hasImageExtension(path),
                options.included.isEmpty || options.included.contains(where: { path.matches($0) })
            {
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

    /// Whether the name, or the path when the pattern holds a slash, is as a shell's pattern says.
    func matches(_ pattern: String) -> Bool {
        let subject = pattern.contains("/") ? self : ImagePath(bytes: Array(lastComponent))
        return ImagePath(pattern).withCString { pattern in subject.withCString { fnmatch(pattern, $0, 0) == 0 } }
    }
}
