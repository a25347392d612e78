import HTTPTypes

/// What answers hold.
extension OpenAPI {
    /// The answers of a route, by their statuses: results, and problems with all of their types.
    static func responses(_ route: Route, needsToken: Bool) -> [String: JSONValue] {
        var responses: [String: Response] = [:]
        for answer in route.answers {
            var response = responses["\(answer.status.code)"] ?? Response()
            response.texts.append(answer.summary)
            response.content[answer.mediaType] = ["schema": answer.schema ?? binary(answer.mediaType)]
            // Of several formats only one may have a field.
            let isOnly = route.answers.count { $0.status == answer.status } == 1
            for name in answer.headers { response.headers[name] = isOnly }
            for name in answer.mayHave { response.headers[name] = false }
            responses["\(answer.status.code)"] = response
        }
        let problems = route.allProblems.filter { $0 != .unauthorized || needsToken }
        for (status, kinds) in Dictionary(grouping: problems, by: \.status.code) {
            // A health check says with the same status that it is not ready, in its own format.
            var response = responses["\(status)"] ?? Response()
            response.texts += kinds.map { "`\($0.rawValue)`: \($0.title)." }
            response.content[Problem.mediaType] = [
                "schema": Schema.reference("Problem"),
                "examples": .object(Dictionary(uniqueKeysWithValues: kinds.map { ($0.rawValue, example($0)) })),
            ]
            if let header = kinds[0].header { response.headers[header] = true }
            responses["\(status)"] = response
        }
        return responses.mapValues(\.document)
    }

    /// What is no JSON: bytes, or a text.
    private static func binary(_ mediaType: String) -> JSONValue {
        mediaType.hasPrefix("text/") ? Schema.string : ["type": "string", "format": "binary"]
    }

    private struct Response {
        var texts: [String] = []
        var content: [String: JSONValue] = [:]
        /// The header fields beside those of all answers, and whether they are always there.
        var headers: [HTTPField.Name: Bool] = [:]

        var document: JSONValue {
            var documented: [String: JSONValue] = [:]
            for (name, isRequired) in headers.merging([.requestID: true], uniquingKeysWith: { $0 || $1 }) {
                guard isRequired else {
                    documented[name.rawName] = OpenAPI.headers[name.rawName]
                    continue
                }
                documented[name.rawName] = ["$ref": .string("#/components/headers/\(name.rawName)Always")]
            }
            return [
                "description": .string(texts.joined(separator: "\n\n")), "content": .object(content),
                "headers": .object(documented),
            ]
        }
    }

    private static func example(_ kind: Problem.Kind) -> JSONValue {
        [
            "summary": .string(kind.title),
            "value": [
                "type": .string(kind.type), "title": .string(kind.title), "status": .integer(kind.status.code),
                "detail": "What is wrong this time.", "requestId": "b86e5bc8f01fc76d",
            ],
        ]
    }

    /// The header fields of answers, by their names: as they may be there, and as they always are.
    static let headers: [String: JSONValue] = {
        let all: [(name: HTTPField.Name, summary: String, schema: JSONValue)] = [
            (
                .requestID, "What the log calls the request: the X-Request-ID that it brought, or a new one.",
                ["type": "string", "pattern": "^[0-9A-Za-z_-]{1,64}$"]
            ),
            (.retryAfter, "The seconds after which to ask again.", ["type": "integer", "minimum": 1]),
            (.wwwAuthenticate, "That a bearer token is needed.", Schema.string),
            (.allow, "The methods that are allowed.", Schema.string),
            (.contentDisposition, "The name under which to save the answer.", Schema.string),
            (.cacheControl, "How long the answer may be kept.", Schema.string),
            (.mapValue, "The metric between the two images, where it has a value.", Schema.string),
            (.mapHighest, "The value of the map's last color.", Schema.string),
            (.cutoutCoverage, "The share of the image that is foreground, 0 to 1.", Schema.string),
            (.cutoutSaliency, "The largest saliency of the image, 0 to 1.", Schema.string),
        ]
        var headers: [String: JSONValue] = [:]
        for (name, summary, schema) in all {
            headers[name.rawName] = ["description": .string(summary), "schema": schema]
            headers["\(name.rawName)Always"] = [
                "description": .string(summary), "schema": schema, "required": true,
            ]
        }
        return headers
    }()
}

extension Problem.Kind {
    /// What clients tell it by.
    var type: String { "urn:dreamsim:problem:\(rawValue)" }

    /// The header field that comes with all of its status.
    fileprivate var header: HTTPField.Name? {
        switch status.code {
        case 401: .wwwAuthenticate
        case 405: .allow
        case 503: .retryAfter
        default: nil
        }
    }
}
