import Foundation
import Logging
import Synchronization

/// The events that a service has logged.
final class RecordedLog: Sendable {
    /// An event, with its fields as they are.
    struct Event: Sendable {
        let level: Logger.Level
        let message: String
        let fields: Logger.Metadata

        func text(_ name: String) -> String? { fields[name].map { "\($0)" } }
        func number(_ name: String) -> Double? { text(name).flatMap(Double.init) }
    }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = metadata.merging(event.metadata ?? [:]) { $1 }
            log.state.withLock { $0.append(Event(level: event.level, message: "\(event.message)", fields: fields)) }
        }
    }

    private let state = Mutex<[Event]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    var events: [Event] { state.withLock { $0 } }

    /// Waits for the first event that is as it should be.
    func wait(for isWanted: (Event) -> Bool) -> Event {
        while true {
            if let event = events.first(where: isWanted) { return event }
            usleep(5000)
        }
    }

    /// Waits for the event of a request.
    func wait(forRequest id: String) -> Event { wait { $0.text("requestId") == id } }
}
