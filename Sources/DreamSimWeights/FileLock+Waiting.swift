import Foundation

extension FileLock {
    /// Takes the lock if nobody has it.
    static func attempt(_ url: URL) throws(DreamSimError) -> FileLock? {
        do throws(SystemFailure) {
            return try attempt(url.path)
        } catch {
            let advice = error.action == "locked" ? " (DREAMSIM_HOME may need a local disk)" : ""
            throw .system(url, "cannot be \(error.action)\(advice)", error.code)
        }
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
