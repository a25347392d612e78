/// The OpenAPI 3.1 document, made from the routes.
enum OpenAPI {
    /// The document.
    /// - Parameters:
    ///   - routes: what is described.
    ///   - needsToken: whether requests need one.
    ///   - takesPaths: whether requests may name files.
    ///   - metrics: the names of those that are loaded.
    ///   - place: the folder in which clients find the service; empty where it is a site of its own.
    static func document(
        _ routes: [Route], needsToken: Bool, takesPaths: Bool, metrics: [String], place: String
    ) -> JSONValue {
        var paths: [String: JSONValue] = [:]
        for route in routes where route.isDocumented {
            var operations: [String: JSONValue] = [:]
            if case .object(let known)? = paths[route.path] { operations = known }
            operations[route.method.rawValue.lowercased()] = operation(
                route, needsToken: needsToken, takesPaths: takesPaths, metrics: metrics)
            paths[route.path] = .object(operations)
        }
        var components: [String: JSONValue] = ["schemas": .object(Schema.components)]
        if needsToken { components["securitySchemes"] = ["token": ["type": "http", "scheme": "bearer"]] }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "DreamSim for Swift", "version": "1",
                "description": "Perceptual distances of images. Errors are problems as RFC 9457 describes them.",
                "license": ["name": "MIT", "identifier": "MIT"],
            ],
            "servers": [["url": .string(place.isEmpty ? "/" : place)]],
            "paths": .object(paths), "components": .object(components),
        ]
    }

    private static func operation(
        _ route: Route, needsToken: Bool, takesPaths: Bool, metrics: [String]
    ) -> JSONValue {
        var operation: [String: JSONValue] = [
            "summary": .string(route.summary), "tags": [.string(route.tag)],
            "operationId": .string(identifier(route)),
            "parameters": .array(route.parameters.map { $0.document(metrics: metrics) }),
            "responses": .object(responses(route, needsToken: needsToken)),
        ]
        if !route.images.isEmpty { operation["requestBody"] = body(route.images, takesPaths: takesPaths) }
        if needsToken && !route.isOpen { operation["security"] = [["token": []]] }
        return .object(operation)
    }

    /// Such as `post_v1_compare`.
    private static func identifier(_ route: Route) -> String {
        let words = route.path.split { !$0.isLetter && !$0.isNumber }
        return ([Substring(route.method.rawValue.lowercased())] + words).joined(separator: "_")
    }

    private static func responses(_ route: Route, needsToken: Bool) -> [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        for answer in route.answers {
            let key = "\(answer.status.code)"
            var content: [String: JSONValue] = [:]
            if case .object(let known)? = responses[key]?["content"] { content = known }
            content[answer.mediaType] = answer.schema.map { ["schema": $0] } ?? [:]
            responses[key] = ["description": .string(answer.summary), "content": .object(content)]
        }
        let problems = route.allProblems.filter { $0 != .unauthorized || needsToken }
        for (status, kinds) in Dictionary(grouping: problems, by: \.status.code) {
            let titles = Set(kinds.map(\.title)).sorted().joined(separator: "; ")
            // A health check says with the same status that it is not ready, in its own format.
            let known = responses["\(status)"]
            var content: [String: JSONValue] = [:]
            if case .object(let others)? = known?["content"] { content = others }
            content[Problem.mediaType] = ["schema": Schema.reference("Problem")]
            responses["\(status)"] = ["description": .string(titles), "content": .object(content)]
        }
        return responses
    }

    private static func body(_ fields: [Route.ImageField], takesPaths: Bool) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        var paths: [String: JSONValue] = [:]
        var required: [JSONValue] = []
        for field in fields {
            let isMany = field.count.upperBound > 1
            let one: JSONValue = ["type": "string", "format": "binary", "contentMediaType": "application/octet-stream"]
            properties[field.name] =
                isMany
                ? [
                    "type": "array", "items": one, "minItems": .integer(field.count.lowerBound),
                    "maxItems": .integer(field.count.upperBound), "description": .string(field.summary),
                ] : ["type": "string", "format": "binary", "description": .string(field.summary)]
            paths[field.name] = isMany ? Schema.array(Schema.string) : Schema.string
            if field.count.lowerBound > 0 { required.append(.string(field.name)) }
        }
        var content: [String: JSONValue] = [
            "multipart/form-data": [
                "schema": [
                    "type": "object", "properties": .object(properties), "required": .array(required),
                    "additionalProperties": false,
                ]
            ]
        ]
        if fields.count == 1 {
            for type in ["application/octet-stream", "image/*"] {
                content[type] = ["schema": ["type": "string", "format": "binary"]]
            }
        }
        if takesPaths {
            content["application/json"] = [
                "schema": ["type": "object", "properties": .object(paths), "required": .array(required)]
            ]
        }
        return ["required": true, "content": .object(content)]
    }
}
