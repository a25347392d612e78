import DreamSim
import DreamSimService
import Foundation
import TestSupport
import Testing

/// What the OpenAPI document says.
@Suite("The document of a service", .timeLimit(.minutes(5)))
struct DocumentTests {
    private typealias Object = [String: Any]

    /// The operations of the document, by their methods and paths.
    private static func operations(_ service: RunningService) throws -> [(method: String, path: String, Object)] {
        let document = try service.get("/v1/openapi.json").json()
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: Object]])
        return paths.flatMap { path, operations in operations.map { ($0.key, path, $0.value) } }
    }

    @Test("names every route, and nothing that is not there; every refusal is described with its type and fields")
    func document() async throws {
        try await SmallService.with { service, _ in
            let operations = try Self.operations(service)
            #expect(operations.contains { $0.method == "post" && $0.path == "/v1/compare" })
            for (method, path, operation) in operations {
                let responses = try #require(operation["responses"] as? [String: Object])
                let asked = path.replacing("{id}", with: "1").replacing("{name}", with: "a")
                for fields in [[], ["Origin: http://evil.example"], ["Content-Type: text/html"], ["Accept: x/y"]] {
                    let client = try service.client()
                    let body: [UInt8] = method == "get" ? [] : [1, 2, 3]
                    client.send(method.uppercased(), asked + (fields == [] ? "?x=1" : ""), headers: fields, body: body)
                    let answer = try client.answer()
                    #expect(answer.status != 405 && answer.status != 500, "\(method) \(path)")
                    try Self.check(answer, responses, "\(method) \(path)")
                }
            }
        }
    }

    /// Checks that an answer is as it is described.
    private static func check(_ answer: RawClient.Answer, _ responses: [String: Object], _ place: String) throws {
        let response = try #require(responses["\(answer.status)"], "\(place): \(answer.status)")
        let content = try #require(response["content"] as? [String: Object])
        func bare(_ type: String) -> Substring? { type.split(separator: ";").first }
        let type = bare(answer.headers["content-type"] ?? "")
        let described = try #require(
            content.first { bare($0.key) == type }?.value, "\(place): \(answer.status) \(type ?? "")")
        let headers = try #require(response["headers"] as? [String: Object])
        for (name, header) in headers where "\(header["$ref"] ?? "")".hasSuffix("Always") {
            #expect(answer.headers[name.lowercased()] != nil, "\(place): \(answer.status) has no \(name)")
        }
        guard type == "application/problem+json" else { return }
        let kind = try #require(try answer.json()["type"] as? String).replacing("urn:dreamsim:problem:", with: "")
        let examples = try #require(described["examples"] as? [String: Object])
        #expect(examples[kind] != nil, "\(place): \(answer.status) \(kind)")
    }

    @Test("describes the fields of refusals and of results")
    func headers() async throws {
        var settings = ServiceSettings()
        settings.token = "0123456789abcdef"
        try await SmallService.with(settings) { service, _ in
            let client = try service.client()
            client.send("GET", "/v1/openapi.json", headers: ["Authorization: Bearer 0123456789abcdef"])
            let document = try client.answer().json()
            let paths = try #require(document["paths"] as? [String: [String: Object]])
            let headers = try #require((document["components"] as? Object)?["headers"] as? Object)
            func fields(_ path: String, _ method: String, _ status: String) -> Set<String> {
                let responses = paths[path]?[method]?["responses"] as? [String: Object]
                return Set((responses?[status]?["headers"] as? Object)?.keys.map { $0 } ?? [])
            }
            #expect(fields("/v1/embed", "post", "200") == ["X-Request-ID"])
            #expect(fields("/v1/embed", "post", "401") == ["X-Request-ID", "WWW-Authenticate"])
            #expect(fields("/v1/embed", "post", "503") == ["X-Request-ID", "Retry-After"])
            #expect(fields("/v1/voting/votes.csv", "get", "200") == ["X-Request-ID", "Content-Disposition"])
            #expect(fields("/v1/duplicates", "get", "202") == ["X-Request-ID", "Retry-After"])
            #expect(
                fields("/v1/heatmap", "post", "200") == ["X-Request-ID", "X-DreamSim-Value", "X-DreamSim-Highest"])
            #expect(
                fields("/v1/cutout", "post", "200")
                    == ["X-Request-ID", "X-DreamSim-Coverage", "X-DreamSim-Saliency"])
            #expect(headers["Retry-AfterAlways"] != nil && headers["X-DreamSim-Value"] != nil)
        }
    }

    @Test("lists for each route the bodies and metrics that it takes")
    func bodies() async throws {
        try await SmallService.with { service, _ in
            let operations = try Self.operations(service)
            func operation(_ path: String) throws -> Object {
                try #require(operations.first { $0.path == path && $0.method == "post" }).2
            }
            func bodies(_ path: String) throws -> Set<String> {
                let content = (try operation(path)["requestBody"] as? Object)?["content"] as? Object
                return Set(content?.keys.map { $0 } ?? [])
            }
            let (form, raw) = (
                Set(["multipart/form-data", "application/json"]), Set(["application/octet-stream", "image/*"])
            )
            for path in ["/v1/compare", "/v1/vote", "/v1/pairs", "/v1/heatmap"] { #expect(try bodies(path) == form) }
            for path in ["/v1/embed", "/v1/search", "/v1/cutout"] { #expect(try bodies(path) == form.union(raw)) }
            func metrics(_ path: String) throws -> [String]? {
                let parameters = try operation(path)["parameters"] as? [Object]
                return (parameters?.first { $0["name"] as? String == "metric" }?["schema"] as? Object)?["enum"]
                    as? [String]
            }
            #expect(try metrics("/v1/embed") == ["tiny"])
            for name in try #require(try metrics("/v1/heatmap")) {
                let form = Form([("reference", "a", try Images.png(1)), ("image", "b", try Images.png(2))])
                #expect(try service.post("/v1/heatmap?metric=\(name)", form).status == 200, "\(name)")
            }
            let client = try service.client()
            client.send("POST", "/v1/pairs", headers: ["Content-Type: image/png"], body: try Images.png(1))
            try HostileTests.check(service, client.answer(), 415, "unsupported-media")
        }
    }
}
