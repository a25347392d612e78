import Foundation

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
    static let precision = choice(Precision.allCases.map(\.rawValue))

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
            "type": choice(Problem.Kind.allCases.filter { $0 != .disconnected }.map(\.type)), "title": string,
            "status": integer, "detail": string, "advice?": string,
            "failures?": array(
                object(["field?": string, "image?": string, "a?": integer, "b?": integer, "error": string])),
            "requestId?": string,
        ]),
        "Image": .object([
            "type": "object", "required": ["data"], "additionalProperties": false,
            "properties": [
                "name": ["type": "string", "maxLength": 1000, "description": "What answers call the image."],
                "data": [
                    "type": "string", "format": "byte", "contentEncoding": "base64",
                    "description": "The image file's bytes as base64 with padding, or a data: URL of it.",
                ],
            ],
        ]),
        "ImagePath": [
            "type": "string", "minLength": 1, "maxLength": 1000,
            "description": "The path of a file, from the folder that the service allows.",
        ],
        "Model": object([
            "model": string, "weights": string, "precision?": precision, "calibration?": string,
            "preprocessing": anything, "isNormalized": boolean,
        ]),
        "ListedMetric": object([
            "name": string, "kind": choice(MetricListing.Kind.allCases.map(\.rawValue)), "summary": string,
            "direction": reference("direction"), "lowest": number, "highest": number, "identical": number,
            "size": anything, "hasGradient": boolean, "isSpatial": boolean, "precisions": array(precision),
            "precision?": precision, "state": readiness,
        ]),
    ].merging(shared) { own, _ in own }.merging(answers.values.map { ($0.name, $0.schema) }) { own, _ in own }

    // MARK: Answers that the command gives too

    /// The shape of an answer, such as `compare`: that of the JSON that the command writes.
    static func answer(_ command: String) -> JSONValue {
        guard let shape = answers[command] else { preconditionFailure("there is no schema '\(command)'") }
        return reference(shape.name)
    }

    private static let answers: [String: (name: String, schema: JSONValue)] = [
        "compare": ("Comparison", document(PackageResources.compare_json)),
        "vote": ("Vote", document(PackageResources.vote_json)),
        "pairs": ("Pairs", document(PackageResources.pairs_json)),
        "search": ("Search", document(PackageResources.search_json)),
        "dedupe": ("Duplicates", document(PackageResources.dedupe_json)),
    ]

    /// What those have in common.
    private static let shared: [String: JSONValue] = {
        guard case .object(let members)? = document(PackageResources.definitions_json)["$defs"] else { return [:] }
        return members
    }()

    /// A schema of the folder `Schemas` as a part of this document.
    private static func document(_ bytes: [UInt8]) -> JSONValue {
        let text = String(decoding: bytes, as: UTF8.self)
            .replacing(/"(definitions\.json)?#\/\$defs\//, with: "\"#/components/schemas/")
        guard var schema = try? JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8)) else {
            preconditionFailure("a schema of this program is no JSON")
        }
        (schema["$schema"], schema["$id"], schema["title"]) = (nil, nil, nil)
        return .object(schema)
    }
}
