/// The OpenAPI 3.1 document, made from the routes.
enum OpenAPI {
    /// The document.
    /// - Parameters:
    ///   - routes: what is described.
    ///   - needsToken: whether requests need one.
    ///   - takesPaths: whether requests may name files.
    ///   - metrics: those that are loaded.
    ///   - place: the folder in which clients find the service; empty where it is a site of its own.
    static func document(
        _ routes: [Route], needsToken: Bool, takesPaths: Bool, metrics: LoadedMetrics, place: String
    ) -> JSONValue {
        var paths: [String: JSONValue] = [:]
        for route in routes where route.isDocumented {
            var operations: [String: JSONValue] = [:]
            if case .object(let known)? = paths[route.path] { operations = known }
            operations[route.method.rawValue.lowercased()] = operation(
                route, needsToken: needsToken, takesPaths: takesPaths, metrics: metrics)
            paths[route.path] = .object(operations)
        }
        var components: [String: JSONValue] = [
            "schemas": .object(Schema.components), "headers": .object(headers),
        ]
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
        _ route: Route, needsToken: Bool, takesPaths: Bool, metrics: LoadedMetrics
    ) -> JSONValue {
        var operation: [String: JSONValue] = [
            "summary": .string(route.summary), "tags": [.string(route.tag)],
            "operationId": .string(identifier(route)),
            "parameters": .array(route.parameters.map { $0.document(metrics) }),
            "responses": .object(responses(route, needsToken: needsToken)),
        ]
        if !route.images.isEmpty { operation["requestBody"] = body(route, takesPaths: takesPaths) }
        if needsToken && !route.isOpen { operation["security"] = [["token": []]] }
        return .object(operation)
    }

    /// Such as `post_v1_compare`.
    private static func identifier(_ route: Route) -> String {
        let words = route.path.split { !$0.isLetter && !$0.isNumber }
        return ([Substring(route.method.rawValue.lowercased())] + words).joined(separator: "_")
    }
}
