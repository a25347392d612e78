import Foundation

/// JSON as all reports are written: keys in order, no escaped slashes.
public enum JSON {
    /// For people and programs: indented, many lines.
    public static func text(_ value: some Encodable) throws -> String {
        try encoded(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    /// For lines of NDJSON: no line break.
    public static func line(_ value: some Encodable) throws -> String {
        try encoded(value, [.sortedKeys, .withoutEscapingSlashes])
    }

    private static func encoded(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        // JSON has no NaN; a distance that is not a number shows as a text that says so.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// Comma-separated values (RFC 4180).
public enum CSV {
    /// A field, quoted when it must be.
    public static func field(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// The names of the columns that say what made a number.
    public static let stampColumns = ["model", "weights", "preprocessing", "normalized"]

    /// The values of `stampColumns`.
    public static func fields(of stamp: ModelStamp) -> [String] {
        [stamp.model, stamp.weights, "\(stamp.preprocessing)", "\(stamp.isNormalized)"]
    }

    /// A line of fields, with its line break.
    public static func line(_ fields: [String]) -> String {
        fields.map(field).joined(separator: ",") + "\n"
    }
}
