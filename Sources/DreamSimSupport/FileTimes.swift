package import Foundation

extension stat {
    /// When the content was last modified.
    package var modified: timespec {
        #if canImport(Darwin)
            st_mtimespec
        #else
            st_mtim
        #endif
    }

    /// When the content, the permissions or the name were last changed. Programs can set the time of modification, not this one.
    package var changed: timespec {
        #if canImport(Darwin)
            st_ctimespec
        #else
            st_ctim
        #endif
    }

    /// When the content was last read, where the file system notes that.
    package var accessed: timespec {
        #if canImport(Darwin)
            st_atimespec
        #else
            st_atim
        #endif
    }
}
