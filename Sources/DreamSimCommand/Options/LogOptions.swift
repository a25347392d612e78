import ArgumentParser
import Logging

extension LineLogHandler.Format: ExpressibleByArgument {}

/// What `serve` writes about requests.
struct LogOptions: ParsableArguments {
    @Option(help: "Format of the log.")
    var logFormat = LineLogHandler.Format.text

    @Flag(name: .shortAndLong, help: "Log only errors.")
    var quiet = false

    /// The logger of the service.
    var logger: Logger {
        var logger = Logger(label: "dreamsim") { [logFormat] _ in LineLogHandler(logFormat) }
        logger.logLevel = quiet ? .error : .info
        return logger
    }

    /// Whether nothing but events may be written to standard error.
    var isForPrograms: Bool { logFormat == .json }

    /// Tells people what the service does, also where only errors are logged.
    func tell(_ text: String) {
        guard isForPrograms else { return Terminal.note(text) }
        var loud = logger
        loud.logLevel = .info
        loud.info("\(text)")
    }

    /// Tells people something that they should know of their settings.
    func warn(_ text: String) {
        if isForPrograms { logger.warning("\(text)") } else { Terminal.note(text) }
    }
}
