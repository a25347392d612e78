import Foundation

/// What an index holds, by folder.
package struct IndexStatus: Sendable, Encodable {
    /// A folder, or a file, that was indexed.
    package struct Folder: Sendable, Encodable {
        /// Its path.
        package let path: ImagePath
        /// Whether it is there.
        package let isThere: Bool
        /// How many images the index holds of it.
        package let images: Int
        /// How many of its files cannot be read.
        package let unreadable: Int
        /// Patterns, one of which a file must match when there are any.
        package let included: [String]
        /// Patterns that no file or folder may match.
        package let excluded: [String]
        /// Whether links are followed.
        package let followsLinks: Bool
    }

    /// How many images the index holds.
    package let images: Int
    /// What made its vectors.
    package let model: ModelStamp
    /// The folders, in the order of their paths.
    package let folders: [Folder]
}

extension IndexReader {
    /// What the index holds, by folder. Looks at the folders, not into them.
    /// - Throws: `DreamSimError` with `.damaged`.
    package func status() throws -> IndexStatus {
        let folders = try read { db in
            let all = try IndexedFolder.all(db)
            return try all.map { folder in
                let (images, failures) = try IndexedFolder.count(folder.path, db)
                let selection = all.selection(of: folder.path)
                return IndexStatus.Folder(
                    path: folder.path, isThere: folder.path.isThere, images: images, unreadable: failures,
                    included: selection.included, excluded: selection.excluded, followsLinks: selection.followsLinks)
            }
        }
        return IndexStatus(images: try count(), model: settings.stamp, folders: folders)
    }
}

extension ImagePath {
    /// Whether there is something, links followed.
    package var isThere: Bool { FileStatus(self) != nil }
}
