import DreamSim
import Foundation
import Logging

/// The program's standard streams.
enum Terminal {
    /// The codes a run ends with, besides 0.
    enum Code: Int32 {
        case aboveThreshold = 1
        case failed = 2
        /// The argument parser's.
        case misused = 64
        case interrupted = 130
        /// By `kill`, or because the terminal was closed.
        case terminated = 143
    }

    /// Whether people watch standard error.
    static let isInteractive = isatty(STDERR_FILENO) == 1

    /// How many characters fit a line: of the terminal, else as `COLUMNS` says, else 80.
    static var columns: Int {
        var size = winsize()
        for stream in [STDOUT_FILENO, STDERR_FILENO]
        where ioctl(stream, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 {
            return Int(size.ws_col)
        }
        return ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }.map { min(max($0, 20), 1000) } ?? 80
    }

    /// Writes results to standard output. A reader that has gone ends the program quietly; a full disk does not.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let base = rest.baseAddress, !rest.isEmpty {
                let count = Foundation.write(STDOUT_FILENO, base, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    if errno == EPIPE { Foundation.exit(0) }
                    error("standard output: cannot be written: \(String(cString: strerror(errno)))")
                    exit(.failed)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    /// Tells people something that does not keep the program from working.
    static func note(_ text: String) { say("note", .notice, text) }

    /// Tells people what went wrong.
    static func error(_ text: String) { say("error", .error, text) }

    /// Whether standard error is a log in JSON, in which whatever is said has to be an event.
    static let isForPrograms: Bool = {
        let arguments = RawArguments.all()
        guard arguments.first == "serve" else { return false }
        return ServiceConfiguration.value(of: "log-format", arguments) == LineLogHandler.Format.json.rawValue
    }()

    /// Ends the program.
    static func exit(_ code: Code) -> Never {
        TimingsTable.show()
        Foundation.exit(code.rawValue)
    }

    /// Shows people a table that is no result.
    static func table(_ table: TextTable) {
        let clear = isInteractive ? "\r\u{1B}[K" : ""
        let text = clear + table.lines().map { $0 + "\n" }.joined()
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static func say(_ kind: String, _ level: Logger.Level, _ text: String) {
        let clear = isInteractive ? "\r\u{1B}[K" : ""
        let text = CommandAdvice.applied(to: text)
        let line =
            isForPrograms
            ? LineLogHandler.line(.json, .now, level, text, [:]) : "\(clear)dreamsim: \(kind): \(text)"
        try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }

    /// Replaces the line that shows progress.
    static func progress(_ text: String) {
        guard isInteractive else { return }
        try? FileHandle.standardError.write(contentsOf: Data("\r\(text)\u{1B}[K".utf8))
    }
}

extension FileOutcome {
    /// The file's warnings, each with its name.
    var notes: [String] { warnings.map { "\(path): \($0)" } }
}
