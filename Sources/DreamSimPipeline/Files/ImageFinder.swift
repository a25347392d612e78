import Foundation

/// Finds the images in folders.
public enum ImageFinder {
    /// The file name extensions, in lower case, that are looked for in folders. A file that is named itself may have any.
    public static let extensions: Set<String> = [
        "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "heic", "heif", "avif", "bmp",
    ]

    /// What is passed over in folders, besides hidden files and folders.
    public struct Options: Sendable, Hashable, Codable {
        /// Whether links to files and folders are followed; no folder is entered twice in any case.
        public var followsLinks = true
        /// Patterns, one of which a file must match when there are any.
        ///
        /// `*` stands for anything, `?` for one character, `[a-c]` for one of some, `{a,b}` for one of several. A pattern without
        /// a slash is compared with the file's name, one with a slash with the path or its end, where `*` also stands for
        /// slashes.
        public var included: [String] = []
        /// Patterns that no file or folder may match.
        public var excluded: [String] = []

        /// Links are followed, and everything is taken.
        public init() {}
    }

    /// Replaces every folder by the images in it, also those further down, in the order of their names' bytes.
    ///
    /// Hidden files and folders are passed over. Links to folders are followed, but no folder is entered twice, so that
    /// loops end. What cannot be listed, and links that lead nowhere, are reported and skipped.
    /// - Parameters:
    ///   - paths: files and folders; files are kept as they are, whatever their extension.
    ///   - options: what is passed over in folders.
    ///   - unreadable: called with each folder that cannot be listed, and the reason.
    public static func expand(
        _ paths: [ImagePath], options: Options = Options(), unreadable: (ImagePath, String) -> Void
    ) -> [ImagePath] {
        var walk = FolderWalk(options)
        for path in paths { walk.enter(path, unreadable) }
        return walk.found
    }

    /// Whether a path leads to a folder.
    public static func isFolder(_ path: ImagePath) -> Bool { FileIdentity(path)?.isFolder ?? false }

    fileprivate static func hasImageExtension(_ path: ImagePath) -> Bool {
        guard let dot = path.lastComponent.lastIndex(of: UInt8(ascii: ".")) else { return false }
        let tail = String(decoding: path.lastComponent[(dot + 1)...], as: UTF8.self)
        return extensions.contains(tail.lowercased())
    }

    /// The names in a folder as the system holds them, without `.` and `..`; nil, with `errno`, when it cannot be listed.
    fileprivate static func entries(of folder: ImagePath) -> [[UInt8]]? {
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

/// A walk through folders.
package struct FolderWalk {
    /// The images, in order.
    package private(set) var found: [ImagePath] = []
    /// Patterns that no file or folder has matched.
    package var unmatched: [String] {
        (patterns.included + patterns.excluded).map(\.text).filter { !matched.contains($0) }
    }
    private let followsLinks: Bool
    private let patterns: (included: [PathPattern], excluded: [PathPattern])
    private var matched: Set<String> = []
    private var seen: Set<FileIdentity> = []

    package init(_ options: ImageFinder.Options) {
        followsLinks = options.followsLinks
        patterns = (options.included.map(PathPattern.init), options.excluded.map(PathPattern.init))
    }

    /// Adds a file, or the images in a folder.
    package mutating func enter(_ path: ImagePath, _ unreadable: (ImagePath, String) -> Void) {
        if let identity = FileIdentity(path), identity.isFolder {
            walk(path, identity, unreadable)
        } else {
            found.append(path)
        }
    }

    private mutating func walk(
        _ folder: ImagePath, _ identity: FileIdentity, _ unreadable: (ImagePath, String) -> Void
    ) {
        // Paths can be at most some thousand bytes long, which bounds the depth of this recursion.
        guard seen.insert(identity).inserted else { return }
        guard let entries = ImageFinder.entries(of: folder) else {
            unreadable(folder, "cannot be listed: \(String(cString: strerror(errno)))")
            return
        }
        for entry in entries.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let path = folder.appending(entry)
            guard !path.isHidden, !isExcluded(path) else { continue }
            guard let identity = FileIdentity(path, followsLinks: followsLinks) else {
                if errno == ENOENT || errno == ELOOP {
                    let isLink = FileIdentity(path, followsLinks: false) != nil
                    if isLink, isWanted(path) { unreadable(path, "is a link to a file that is not there") }
                    continue
                }
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
                walk(path, identity, unreadable)
            } else if identity.isFile, isWanted(path) {
                found.append(path)
            }
        }
    }

    private mutating func isExcluded(_ path: ImagePath) -> Bool {
        guard let pattern = patterns.excluded.first(where: { $0.matches(path) }) else { return false }
        matched.insert(pattern.text)
        return true
    }

    private mutating func isWanted(_ path: ImagePath) -> Bool {
        guard ImageFinder.hasImageExtension(path) else { return false }
        guard !patterns.included.isEmpty else { return true }
        guard let pattern = patterns.included.first(where: { $0.matches(path) }) else { return false }
        matched.insert(pattern.text)
        return true
    }
}

/// A pattern of names or paths, as a shell's.
private struct PathPattern {
    let text: String
    private let alternatives: [String]

    init(_ text: String) {
        self.text = text
        // A folder is meant with its slash and without, a path from the working folder with a dot and without.
        var pattern = text
        while pattern.count > 1, pattern.hasSuffix("/") { pattern.removeLast() }
        while pattern.hasPrefix("./") { pattern.removeFirst(2) }
        alternatives = Self.expanded(pattern).flatMap { alternative in
            alternative.contains("/") && !alternative.hasPrefix("/") && !alternative.hasPrefix("*")
                ? [alternative, "*/" + alternative] : [alternative]
        }
    }

    /// Whether the name, or the path when the pattern holds a slash, is as the pattern says.
    func matches(_ path: ImagePath) -> Bool {
        alternatives.contains { pattern in
            let subject = pattern.contains("/") ? path : ImagePath(bytes: Array(path.lastComponent))
            return ImagePath(pattern).withCString { pattern in subject.withCString { fnmatch(pattern, $0, 0) == 0 } }
        }
    }

    /// A pattern for each choice among `{a,b}`; braces that do not fit together are ordinary characters.
    private static func expanded(_ pattern: String) -> [String] {
        guard let match = pattern.firstMatch(of: /\{([^{}]*,[^{}]*)\}/) else { return [pattern] }
        return match.output.1.split(separator: ",", omittingEmptySubsequences: false).flatMap { choice in
            expanded(pattern.replacingCharacters(in: match.range, with: choice))
        }
    }
}

extension ImagePath {
    package func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
        (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
