import DreamSim

/// Shapes of JSON as OpenAPI 3.1 describes them (JSON Schema 2020-12).
enum Schema {
    static let string: JSONValue = ["type": "string"]
    static let boolean: JSONValue = ["type": "boolean"]
    static let integer: JSONValue = ["type": "integer"]
    /// A number; what JSON has no number for is a text.
    static let number: JSONValue = [
        "anyOf": [["type": "number"], ["type": "string", "enum": ["inf", "-inf", "nan"]]]
    ]
    /// An object of any kind, where its members are another tool's.
    static let anything: JSONValue = ["type": "object"]

    static let readiness = choice(Readiness.allCases.map(\.rawValue))

    static func array(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }
    static func choice(_ values: [String], standard: JSONValue? = nil) -> JSONValue {
        var schema: [String: JSONValue] = ["type": "string", "enum": .array(values.map { .string($0) })]
        schema["default"] = standard
        return .object(schema)
    }
    static func map(_ values: JSONValue) -> JSONValue { ["type": "object", "additionalProperties": values] }
    static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    /// An object; members whose names end in `?` may be missing.
    static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        var required: [JSONValue] = []
        for (name, schema) in members {
            if name.hasSuffix("?") {
                properties[String(name.dropLast())] = schema
            } else {
                properties[name] = schema
                required.append(.string(name))
            }
        }
        return ["type": "object", "properties": .object(properties), "required": .array(required)]
    }

    /// Shapes that several routes share, by their names.
    static let components: [String: JSONValue] = [
        "Problem": object([
            "type": string, "title": string, "status": integer, "detail": string, "advice?": string,
            "failures?": array(
                object(["field?": string, "image?": string, "a?": integer, "b?": integer, "error": string])),
            "requestId?": string,
        ]),
        "Direction": choice(["lower is more alike", "higher is more alike"]),
        "Model": object([
            "model": string, "weights": string, "precision?": string, "preprocessing": anything,
            "isNormalized": boolean,
        ]),
        "Column": object([
            "name": string, "summary": string, "direction": reference("Direction"), "identical": number,
            "weights?": string, "precision?": string, "preprocessing": string, "isNormalized?": boolean,
        ]),
        "Failure": object(["image": string, "error": string]),
        "Metric": object([
            "name": string, "kind": choice(MetricListing.Kind.allCases.map(\.rawValue)), "summary": string,
            "direction": reference("Direction"), "lowest": number, "highest": number, "identical": number,
            "size": anything, "hasGradient": boolean, "isSpatial": boolean, "state": readiness,
        ]),
        "File": object([
            "id": integer, "image": string, "width": integer, "height": integer, "bytes": integer,
            "thumbnail": string,
        ]),
    ]
}
