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
        /// Texts that match a pattern, separated by commas.
        case list(pattern: String)
        /// The name of a metric that can do something.
        case metric(LoadedMetrics.Ability)
        /// Names of metrics, separated by commas, or `all`.
        case metrics
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
            guard let value = Self.whole(text), range.contains(value) else {
                throw refusal("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .integer(value)
        case .number(let range):
            guard let value = Self.decimal(text), range.contains(value) else {
                throw refusal("a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .number(value)
        case .choice(let values):
            guard values.contains(text) else { throw refusal("one of \(values.joined(separator: ", "))") }
            return .text(text)
        case .text, .metric(_):
            guard !text.isEmpty, text.count <= Self.longest else {
                throw refusal("a text of 1 to \(Self.longest) characters")
            }
            if case .metric = kind, text.contains(",") { throw refusal("one metric; only one is taken here") }
            return .text(text)
        case .flag:
            guard text == "true" || text == "false" else { throw refusal("true or false") }
            return .flag(text == "true")
        case .list, .metrics:
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimming() }
            guard names.count <= Self.mostNames, !names.contains("") else {
                throw refusal("names, separated by commas")
            }
            return .names(names)
        }
    }

    /// A whole number as JSON writes it: without a plus sign or zeros before it, so that each has one address; nil for
    /// anything else.
    static func whole(_ text: some StringProtocol) -> Int? {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
        guard digits.allSatisfy({ 48...57 ~= $0 }), digits.first != 48 || digits.count == 1 else { return nil }
        return Int(text)
    }

    /// A number in decimal digits, without a plus sign before it; nil for anything else, such as words and what is too large.
    static func decimal(_ text: String) -> Double? {
        guard text.wholeMatch(of: #/-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?/#) != nil else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// What OpenAPI says of its values.
    private func schema(_ metrics: LoadedMetrics) -> JSONValue {
        var schema: [String: JSONValue]
        switch kind {
        case .integer(let range):
            schema = ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .number(let range):
            schema = ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
        case .choice(let values): return Schema.choice(values, standard: standard)
        case .text: schema = ["type": "string", "minLength": 1, "maxLength": .integer(Self.longest)]
        case .flag: schema = ["type": "boolean"]
        case .metric(let ability): return Self.choice(metrics.names(ability))
        case .list(let pattern):
            schema = Self.list(["type": "string", "pattern": .string(pattern)])
        case .metrics:
            // Either some of them, or all.
            schema = Self.list(Self.choice(metrics.names(.any)))
            return [
                "anyOf": [.object(schema), ["type": "array", "items": ["const": "all"], "minItems": 1, "maxItems": 1]]
            ]
        }
        if let standard { schema["default"] = standard }
        return .object(schema)
    }

    private static func choice(_ names: [String]) -> JSONValue {
        names.isEmpty ? ["type": "string", "minLength": 1, "maxLength": .integer(longest)] : Schema.choice(names)
    }

    private static func list(_ items: JSONValue) -> [String: JSONValue] {
        ["type": "array", "items": items, "minItems": 1, "maxItems": .integer(mostNames)]
    }

    /// The parameter as OpenAPI describes it.
    /// - Parameter metrics: those that are loaded.
    func document(_ metrics: LoadedMetrics) -> JSONValue {
        var document: [String: JSONValue] = [
            "name": .string(name), "in": isInPath ? "path" : "query", "required": .bool(isInPath || isRequired),
            "description": .string(summary), "schema": schema(metrics),
        ]
        switch kind {
        // Values are separated by commas.
        case .list, .metrics: (document["style"], document["explode"]) = ("form", false)
        default: break
        }
        return .object(document)
    }
}
