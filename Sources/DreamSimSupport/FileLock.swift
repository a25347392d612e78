#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A lock between processes and between tasks of one, held as long as the object lives. The system releases it when a process is killed.
package final class FileLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        // Said outright: a child of this process that has not yet come to its own program holds the descriptor too, and
        // with it the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Takes the lock if nobody has it; nil when somebody has.
    /// - Parameter path: the file that stands for the lock; it is made when it is missing, and stays.
    package static func attempt(_ path: String) throws(SystemFailure) -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw SystemFailure(action: "opened", code: errno) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw SystemFailure(action: "locked", code: code)
        }
        return FileLock(descriptor: descriptor)
    }
}

/// A step that the system refused.
package struct SystemFailure: Error, Sendable {
    /// What could not be done to the file, such as `opened`.
    package let action: String
    /// `errno`.
    package let code: Int32

    /// The system's reason.
    package var reason: String { "cannot be \(action): \(String(cString: strerror(code)))" }

    package init(action: String, code: Int32) {
        (self.action, self.code) = (action, code)
    }

    /// What to do, after a semicolon; empty where there is nothing to say.
    package static func advice(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "; free some space and run the same command again"
        case EACCES, EPERM: "; check the folder's permissions, or name another place"
        case EROFS: "; name a place on another disk"
        case ENOENT: "; make the folder first"
        default: ""
        }
    }
}
