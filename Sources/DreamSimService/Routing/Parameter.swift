import Foundation

/// A parameter of a route, in its query or its path.
struct Parameter: Sendable {
    /// What values it takes.
    enum Kind: Sendable {
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case choice([String])
        case text
        case flag
        /// Names, separated by commas.
        case names
    }

    /// The value of a parameter.
    enum Value: Sendable {
        case integer(Int)
        case number(Double)
        case text(String)
        case flag(Bool)
        case names([String])
    }

    let name: String
    let kind: Kind
    let summary: String
    /// What holds when it is not given, for people.
    var standard: JSONValue?
    /// Whether it is a part of the path.
    var isInPath = false
    /// Whether it must be given.
    var isRequired = false

    /// The most names of a list.
    static let mostNames = 1000
    /// The most characters of a text.
    static let longest = 1000

    /// Reads a value.
    /// - Throws: `Problem` when it has no meaning.
    func value(_ text: String) throws(Problem) -> Value {
        func refusal(_ wanted: String) -> Problem {
            Problem(isInPath ? .notFound : .badParameter, "\(name): '\(text.prefix(80))' is not \(wanted)")
        }
        switch kind {
        case .integer(let range):
            guard let value = Int(text), range.contains(value) else {
                throw refusal("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .integer(value)
        case .number(let range):
            guard let value = Double(text), range.contains(value) else {
                throw refusal("a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .number(value)
        case .choice(let values):
            guard values.contains(text) else { throw refusal("one of \(values.joined(separator: ", "))") }
            return .text(text)
        case .text:
            guard !text.isEmpty, text.count <= Self.longest else {
                throw refusal("a text of 1 to \(Self.longest) characters")
            }
            return .text(text)
        case .flag:
            guard text == "true" || text == "false" else { throw refusal("true or false") }
            return .flag(text == "true")
        case .names:
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimming() }
            guard names.count <= Self.mostNames, !names.contains("") else {
                throw refusal("names, separated by commas")
            }
            return .names(names)
        }
    }

    /// What OpenAPI says of its values.
    private var schema: JSONValue {
        var schema: [String: JSONValue]
        switch kind {
        case .integer(let range):
            schema = ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .number(let range):
            schema = ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
        case .choice(let values): schema = ["type": "string", "enum": .array(values.map { .string($0) })]
        case .text: schema = ["type": "string", "minLength": 1, "maxLength": .integer(Self.longest)]
        case .names: schema = ["type": "string", "minLength": 1]
        case .flag: schema = ["type": "boolean"]
        }
        if let standard { schema["default"] = standard }
        return .object(schema)
    }

    /// The parameter as OpenAPI describes it.
    var document: JSONValue {
        [
            "name": .string(name), "in": isInPath ? "path" : "query", "required": .bool(isInPath || isRequired),
            "description": .string(summary), "schema": schema,
        ]
    }
}
