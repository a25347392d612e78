import Foundation

/// A lock between processes and between tasks of one, held as long as the object lives. A killed process lets go of it.
final class FileLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes the lock if nobody has it.
    static func attempt(_ url: URL) throws(ModelStoreError) -> FileLock? {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system(url, "cannot be opened") }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw .system(url, "cannot be locked (DREAMSIM_HOME may need a local disk)", code)
        }
        return FileLock(descriptor: descriptor)
    }

    /// Waits for the lock; `waiting` is called again and again meanwhile.
    static func wait(_ url: URL, waiting: () -> Void) async throws -> FileLock {
        while true {
            if let lock = try attempt(url) { return lock }
            waiting()
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
