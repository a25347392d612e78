import Foundation

/// JSON as all reports are written: keys in order, no escaped slashes.
package enum JSON {
    /// For people and programs: indented, many lines.
    package static func text(_ value: some Encodable) throws -> String {
        try encoded(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    /// For lines of NDJSON: no line break.
    package static func line(_ value: some Encodable) throws -> String { try line(value, userInfo: [:]) }

    /// For lines of NDJSON: no line break.
    /// - Parameter userInfo: what types are told that write themselves in several ways.
    package static func line(
        _ value: some Encodable, userInfo: [CodingUserInfoKey: any Sendable]
    ) throws -> String {
        try encoded(value, [.sortedKeys, .withoutEscapingSlashes], userInfo)
    }

    private static func encoded(
        _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting,
        _ userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        encoder.userInfo = userInfo
        // JSON has no NaN; a distance that is not a number shows as a text that says so.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// Comma-separated values (RFC 4180).
package enum CSV {
    /// A field, quoted when it must be.
    package static func field(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// A line of fields, with its line break.
    package static func line(_ fields: [String]) -> String {
        fields.map(field).joined(separator: ",") + "\n"
    }
}
