package import Foundation

/// A program that runs beside this one, with all it says in a file.
///
/// Foundation's `Process` learns of a child's end through a descriptor that other children may inherit, and then waits
/// for those too; this asks the system. The child gets a clean signal mask, and stays in the
/// process group, so that Ctrl-C ends both.
package struct ChildProcess: Sendable {
    package enum Ending: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    /// What the system calls it.
    package let identifier: pid_t

    /// Starts a program.
    /// - Parameters:
    ///   - arguments: the program, which is looked for on the PATH unless it is a path, and its arguments.
    ///   - output: the file that its output and its errors are appended to.
    /// - Throws: `POSIXError` when it cannot be started.
    package init(_ arguments: [String], environment: [String: String], output: URL) throws {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        #if canImport(Darwin)
            let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
            let flags = Int32(POSIX_SPAWN_SETSIGMASK)
        #endif
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, arguments[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        self.identifier = identifier
    }

    /// How it ended; nil while it runs. To be asked until it has ended, and not after that.
    package func poll() -> Ending? {
        var status: Int32 = 0
        let result = waitpid(identifier, &status, WNOHANG)
        if result == 0 || result < 0 && errno == EINTR { return nil }
        // Somebody else has taken the status.
        guard result == identifier else { return .exited(-1) }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }

    /// Waits for the end.
    package func wait() -> Ending {
        while true {
            if let ending = poll() { return ending }
            usleep(5000)
        }
    }

    /// Ends it at once, and waits for that.
    package func end() {
        kill(identifier, SIGKILL)
        _ = wait()
    }
}
