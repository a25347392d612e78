import DreamSimSupport
import Foundation
import Logging

/// Writes each event as one line to standard error: as text for people or as a JSON object for programs. Whatever a text
/// holds, it stays within its line.
struct LineLogHandler: LogHandler {
    /// How a line looks.
    enum Format: String, CaseIterable, Sendable {
        case text, json
    }

    let format: Format
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(_ format: Format) { self.format = format }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        let line = Self.line(format, .now, event.level, "\(event.message)", fields)
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// A line without its end.
    static func line(
        _ format: Format, _ time: Date, _ level: Logger.Level, _ message: String, _ fields: Logger.Metadata
    ) -> String {
        let time = time.formatted(
            .iso8601.year().month().day().timeZone(separator: .omitted).time(includingFractionalSeconds: true))
        let fields = fields.sorted { $0.key < $1.key }.map { ($0.key, Value($0.value)) }
        switch format {
        case .text:
            let rest = fields.map { " \($0)=\($1.text)" }.joined()
            return "\(time) \(level.rawValue) \(message.escapingUnprintable())\(rest)"
        case .json:
            let first: [(String, Value)] = [
                ("time", .text(time)), ("level", .text(level.rawValue)), ("message", .text(message)),
            ]
            return "{" + (first + fields).map { "\(JSONText.quoted($0)):\($1.json)" }.joined(separator: ",") + "}"
        }
    }

    /// A field's value: a number where it was one.
    private enum Value {
        case number(String)
        case text(String)

        init(_ value: Logger.MetadataValue) {
            switch value {
            case .stringConvertible(let number as Int): self = .number("\(number)")
            case .stringConvertible(let number as Double) where number.isFinite: self = .number("\(number)")
            default: self = .text("\(value)")
            }
        }

        var json: String {
            switch self {
            case .number(let text): text
            case .text(let text): JSONText.quoted(text)
            }
        }

        /// As it is, or in quotes where it would look like more than one.
        var text: String {
            switch self {
            case .number(let text): text
            case .text(let text):
                text.isEmpty || text.contains { " =\"\\".contains($0) }
                    || text.unicodeScalars.contains(where: \.isUnprintable)
                    ? JSONText.quoted(text) : text
            }
        }
    }
}

/// Texts in JSON.
private enum JSONText {
    /// A text in quotes, with what cannot be seen as `\u001b`, so that it is one line on every terminal.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                result += "\\\(scalar)"
            } else if scalar.isUnprintable {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
