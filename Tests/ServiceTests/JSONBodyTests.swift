import DreamSim
import DreamSimService
import Foundation
import TestSupport
import Testing

/// Images that come as base64 in JSON.
@Suite("A service that is sent JSON", .timeLimit(.minutes(5)))
struct JSONBodyTests {
    private static let header = "Content-Type: application/json"

    private static func post(_ service: RunningService, _ path: String, _ body: Any) throws -> RawClient.Answer {
        let client = try service.client()
        let bytes =
            try (body as? String).map { Array($0.utf8) } ?? Array(JSONSerialization.data(withJSONObject: body))
        client.send("POST", path, headers: [header], body: bytes)
        return try client.answer()
    }

    private static func image(_ png: [UInt8], _ name: String? = nil) -> [String: String] {
        let data = ["data": Data(png).base64EncodedString()]
        return name.map { data.merging(["name": $0]) { $1 } } ?? data
    }

    @Test("answers as it does for a form, on every route that takes images")
    func routes() async throws {
        try await SmallService.with { service, _ in
            let pngs = try (UInt64(1)...3).map { try Images.png($0) }
            let cases: [(String, [(String, String, [UInt8])], [String: Any])] = [
                (
                    "/v1/compare?metric=all",
                    [("reference", "r.png", pngs[0]), ("image", "a.png", pngs[1]), ("image", "b.png", pngs[2])],
                    [
                        "reference": Self.image(pngs[0], "r.png"),
                        "image": [Self.image(pngs[1], "a.png"), Self.image(pngs[2], "b.png")],
                    ]
                ),
                (
                    "/v1/vote", [("reference", "r", pngs[0]), ("a", "a", pngs[1]), ("b", "b", pngs[2])],
                    [
                        "reference": Self.image(pngs[0], "r"), "a": Self.image(pngs[1], "a"),
                        "b": Self.image(pngs[2], "b"),
                    ]
                ),
                (
                    "/v1/pairs", [("image", "x", pngs[0]), ("image", "y", pngs[1])],
                    ["image": [Self.image(pngs[0], "x"), Self.image(pngs[1], "y")]]
                ),
                ("/v1/embed", [("image", "dir/x.png", pngs[0])], ["image": Self.image(pngs[0], "dir/x.png")]),
                (
                    "/v1/heatmap?metric=ssim", [("reference", "r", pngs[0]), ("image", "a", pngs[1])],
                    ["reference": Self.image(pngs[0], "r"), "image": Self.image(pngs[1], "a")]
                ),
            ]
            for (path, parts, body) in cases {
                let (form, json) = (try service.post(path, Form(parts)), try Self.post(service, path, body))
                #expect(json.status == 200, "\(path): \(json.text)")
                #expect(form.body == json.body, "\(path): \(json.text.prefix(300)) \(form.text.prefix(300))")
            }
        }
    }

    @Test("takes data: URLs and escaped slashes, and names images that have no name")
    func spellings() async throws {
        let png = try Images.png(1)
        let base = Data(png).base64EncodedString()
        try await SmallService.with { service, _ in
            let spellings = [
                base, "data:image/png;base64,\(base)", base.replacing("/", with: "\\/"),
                base.replacing("+", with: "\\u002B"),
            ]
            let images = spellings.map { "{\"data\":\"\($0)\"}" }.joined(separator: ",\n ")
            let answer = try Self.post(service, "/v1/embed", " {\"image\" : [\(images)]}\r\n")
            #expect(answer.status == 200, "\(answer.text)")
            let embedded = try #require(try answer.json()["images"] as? [[String: Any]])
            #expect(embedded.map { $0["image"] as? String } == (1...4).map { "image \($0)" })
            #expect(Set(embedded.map { "\($0["embedding"] ?? "")" }).count == 1)
        }
    }

    @Test(
        "answers 400 to what is no such body, and names the field",
        arguments: [
            ("", "the body"), ("[]", "the body"), ("{\"image\":1}", "'image', image 1"),
            ("{\"image\":null}", "'image', image 1"), ("{\"image\":[{\"data\":\"AA=A\"}]}", "'image', image 1, data"),
            ("{\"image\":[{\"data\":\"AAAA\"},{\"data\":\"AAAAA\"}]}", "'image', image 2, data"),
            ("{\"image\":{\"data\":\"A\\nAAA\"}}", "'image', image 1, data"),
            ("{\"image\":{\"data\":\"AAA\"}}", "'image', image 1, data"),
            ("{\"image\":{\"data\":\"====\"}}", "'image', image 1, data"),
            ("{\"image\":{\"data\":\"AAAA\"", "'image', image 1"),
            ("{\"image\":{\"data\":\"AAAA", "'image', image 1, data"),
            ("{\"image\":{\"data\":\"data:image/png,AAAA\"}}", "'image', image 1, data"),
            ("{\"image\":{\"data\":\"AAAA\",\"data\":\"AAAA\"}}", "'data' is given twice"),
            ("{\"image\":{\"data\":\"AAAA\",\"type\":\"x\"}}", "no member 'type'"),
            ("{\"image\":{\"name\":\"x\"}}", "'data' is missing"),
            ("{\"image\":[],\"image\":[]}", "'image' is given twice"), ("{\"image\":{\"data\":\"AAAA\"}} 1", "follows"),
            ("{\"image\":{\"name\":\"\\ud800\",\"data\":\"\"}}", "'image', image 1, name"),
            ("{\"photo\":{\"data\":\"AAAA\"}}", "'photo'"), ("{}", "'image'"),
            ("{\"image\":\"a.png\"}", "'image'"),
            ("{\"image\":{\"name\":\"\(String(repeating: "x", count: 5000))\",\"data\":\"\"}}", "longer"),
        ])
    func broken(_ body: String, _ told: String) async throws {
        try await SmallService.with { service, _ in
            let answer = try Self.post(service, "/v1/embed", body)
            try HostileTests.check(service, answer, 400, "bad-request")
            let detail = try #require(try answer.json()["detail"] as? String)
            #expect(detail.contains(told), "\(detail)")
            #expect(try service.statistic("dreamsim_held_bytes") == 0)
        }
    }

    @Test("keeps to the limits of a form: bytes of the body, bytes that are held, and images")
    func limits() async throws {
        let settings = ServiceSettings.limited {
            ($0.bodyBytes, $0.heldBytes, $0.images, $0.acceptedImages) = (100_000, 100_000, 3, 16)
        }
        try await RunningService.with(settings) { service in
            let large = String(repeating: "A", count: 90_000)
            let tooLarge = try Self.post(service, "/v1/pairs", "{\"image\":{\"data\":\"\(large)\(large)\"}}")
            try HostileTests.check(service, tooLarge, 413, "too-large")
            // Fits the body's limit, and not the memory for what is decoded of it.
            let held = try Self.post(service, "/v1/pairs", "{\"image\":{\"data\":\"\(large)\"}}")
            try HostileTests.check(service, held, 503, "overload")
            for count in [4, 2000] {
                let many = (0..<count).map { _ in "{\"data\":\"\"}" }.joined(separator: ",")
                let answer = try Self.post(service, "/v1/pairs", "{\"image\":[\(many)]}")
                try HostileTests.check(service, answer, 413, "too-large")
            }
        }
    }

    @Test("decodes base64 as Foundation does, of every length")
    func base64() throws {
        var generator = SeededGenerator(state: 7)
        for length in 0..<70 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            let text = "{\"f\":{\"data\":\"\(Data(bytes).base64EncodedString())\"}}"
            guard case .bytes(let found) = try JSONImages(Array(text.utf8), most: 1).parts[0].source else {
                Issue.record("no bytes")
                return
            }
            #expect(found == bytes)
        }
    }

    @Test("takes no more memory than the images do, whatever the body holds")
    func bomb() throws {
        // What a reader that builds values would make millions of.
        for text in ["[1,", "{\"a\":", "[[", "[\"\","] {
            let body = Array("{\"image\":".utf8) + Array(String(repeating: text, count: 1_000_000).utf8)
            #expect(throws: Problem.self) { try JSONImages(body, most: 128) }
        }
    }
}
