import Foundation

/// Which file a path leads to.
package struct FileIdentity: Hashable {
    let device: UInt64
    let inode: UInt64
    package let isFolder: Bool
    package let isFile: Bool

    /// Looks at a file; nil when it cannot be looked at.
    package init?(_ path: ImagePath, followsLinks: Bool = true) {
        var status = stat()
        guard path.withCString({ followsLinks ? stat($0, &status) : lstat($0, &status) }) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isFile = status.st_mode & S_IFMT == S_IFREG
    }
}
