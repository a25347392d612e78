import DreamSimService
import Foundation
import TestSupport
import Testing

/// What comes of images that cannot be read or compared: a problem where nothing has a result, else a result for the rest.
@Suite("A service that is sent unusable images", .timeLimit(.minutes(5)))
struct UnusableImageTests {
    private static let text = Array("no image".utf8)

    /// Checks that a problem names images as what is to blame.
    private static func check(
        _ service: RunningService, _ answer: RawClient.Answer, _ status: Int, _ kind: String, names: [String],
        fields: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try HostileTests.check(service, answer, status, kind, sourceLocation: sourceLocation)
        let problem = try answer.json()
        let failures = try #require(problem["failures"] as? [[String: Any]], sourceLocation: sourceLocation)
        #expect(failures.map { $0["image"] as? String } == names, sourceLocation: sourceLocation)
        #expect(failures.map { $0["field"] as? String } == fields, sourceLocation: sourceLocation)
        let detail = try #require(problem["detail"] as? String, sourceLocation: sourceLocation)
        for name in names.prefix(3) { #expect(detail.contains(name), "\(detail)", sourceLocation: sourceLocation) }
    }

    @Test("answers a pair with one unusable image by a problem that names it")
    func pair() async throws {
        let png = try Images.png(1)
        let half = Array(png.prefix(png.count / 2))
        try await SmallService.with { service, _ in
            for (broken, status, kind) in [(Self.text, 415, "unsupported-media"), (half, 422, "unusable-image")] {
                for route in ["compare", "heatmap"] {
                    let image = Form([("reference", "good.png", png), ("image", "bad.png", broken)])
                    try Self.check(
                        service, service.post("/v1/\(route)", image), status, kind, names: ["bad.png"],
                        fields: ["image"])
                    let reference = Form([("reference", "bad.png", broken), ("image", "good.png", png)])
                    try Self.check(
                        service, service.post("/v1/\(route)", reference), status, kind, names: ["bad.png"],
                        fields: ["reference"])
                }
                for field in ["reference", "a", "b"] {
                    let form = Form(
                        ["reference", "a", "b"].map { ($0, "\($0).png", $0 == field ? broken : png) })
                    try Self.check(
                        service, service.post("/v1/vote", form), status, kind, names: ["\(field).png"], fields: [field])
                }
            }
        }
    }

    @Test("names every image, up to three in words, where none of several can be used")
    func none() async throws {
        let png = try Images.png(1)
        try await SmallService.with { service, _ in
            let broken = (0..<5).map { ("image", "\($0).png", Self.text) }
            let names = (0..<5).map { "\($0).png" }
            let fields = names.map { _ in "image" }
            let compare = try service.post("/v1/compare", Form([("reference", "good.png", png)] + broken))
            try Self.check(service, compare, 415, "unsupported-media", names: names, fields: fields)
            #expect(try (compare.json()["detail"] as? String)?.contains("and 2 more") == true)
            let embed = try service.post("/v1/embed", Form(broken))
            try Self.check(service, embed, 415, "unsupported-media", names: names, fields: fields)
            let mixed = Form([
                ("reference", "good.png", png), ("image", "text.png", Self.text),
                ("image", "half.png", Array(png.prefix(png.count / 2))),
            ])
            try Self.check(
                service, service.post("/v1/compare", mixed), 422, "unusable-image", names: ["text.png", "half.png"],
                fields: ["image", "image"])
        }
    }

    @Test("calls images without a file name by their fields, with numbers where a field has several")
    func unnamed() async throws {
        let png = try Images.png(1)
        try await SmallService.with { service, _ in
            for (images, names) in [([Self.text], ["image"]), ([Self.text, Self.text], ["image 1", "image 2"])] {
                let form = Form([("reference", "", png)] + images.map { ("image", "", $0) })
                try Self.check(
                    service, service.post("/v1/compare", form), 415, "unsupported-media", names: names,
                    fields: names.map { _ in "image" })
                let client = try service.client()
                let json = try JSONSerialization.data(withJSONObject: [
                    "reference": ["data": Data(png).base64EncodedString()],
                    "image": images.map { ["data": Data($0).base64EncodedString()] },
                ])
                client.send("POST", "/v1/compare", headers: ["Content-Type: application/json"], body: Array(json))
                try Self.check(
                    service, client.answer(), 415, "unsupported-media", names: names,
                    fields: names.map { _ in "image" })
            }
            let good = try service.post("/v1/compare", Form([("reference", "", png), ("image", "", png)])).json()
            #expect(good["reference"] as? String == "reference")
        }
    }

    @Test("embeds those of several images that can be used, and makes no matrix with a row missing")
    func some() async throws {
        let form = Form([("image", "good.png", try Images.png(1)), ("image", "bad.png", Self.text)])
        try await SmallService.with { service, _ in
            let answer = try service.post("/v1/embed", form)
            #expect(answer.status == 200)
            let json = try answer.json()
            #expect((json["images"] as? [[String: Any]])?.map { $0["image"] as? String } == ["good.png"])
            let failures = try #require(json["failures"] as? [[String: String]])
            #expect(failures.map { $0["image"] } == ["bad.png"] && failures.map { $0["field"] } == ["image"])
            let matrix = try service.post("/v1/embed", form, headers: ["Accept: application/x-npy"])
            try Self.check(
                service, matrix, 415, "unsupported-media", names: ["bad.png"], fields: ["image"])
        }
    }

    @Test("says of each pair why it has no value, in a problem where none has one")
    func pairs() async throws {
        let form = Form([
            ("image", "good.png", try Images.png(1)), ("image", "bad.png", Self.text),
            ("image", "small.png", try Images.png(2, width: 16, height: 16)),
        ])
        try await SmallService.with { service, _ in
            let none = try service.post("/v1/pairs?metric=ssim&pairs=0-1,0-2", form)
            try HostileTests.check(service, none, 422, "unusable-image")
            let failures = try #require(try none.json()["failures"] as? [[String: Any]])
            #expect(failures.map { $0["a"] as? Int } == [0, 0] && failures.map { $0["b"] as? Int } == [1, 2])
            #expect(failures.map { $0["image"] as? String } == ["bad.png", nil])
            #expect((failures[1]["error"] as? String)?.contains("16x16") == true, "\(failures[1])")
            let some = try service.post("/v1/pairs?metric=tiny&pairs=0-1,0-2", form)
            #expect(some.status == 200)
            let pairs = try #require(try some.json()["results"] as? [[String: Any]])
            #expect(pairs[0]["error"] != nil && pairs[1]["error"] == nil)
        }
    }

    @Test("says that images of different sizes need one, where no metric sees both")
    func sizes() async throws {
        let (png, small) = (try Images.png(1), try Images.png(2, width: 64, height: 64))
        try await SmallService.with { service, _ in
            let pair = Form([("reference", "a.png", png), ("image", "b.png", small)])
            let refused = try service.post("/v1/compare?metric=ssim,psnr", pair)
            try HostileTests.check(service, refused, 422, "incomparable")
            let problem = try refused.json()
            #expect((problem["detail"] as? String)?.contains("40x30") == true)
            #expect((problem["advice"] as? String)?.contains("resize=") == true)
            let failures = try #require(problem["failures"] as? [[String: Any]])
            #expect(failures.map { $0["image"] as? String } == ["b.png"])
            // A model sees both: what the others lack stands beside its value.
            let some = try service.post("/v1/compare?metric=all", pair)
            #expect(some.status == 200)
            let results = try #require(try some.json()["results"] as? [[String: Any]])
            #expect((results[0]["errors"] as? [String: String])?.keys.sorted() == ["psnr", "ssim"])
            let resized = try service.post("/v1/compare?metric=ssim&resize=64", pair)
            #expect(resized.status == 200)
            let vote = Form([("reference", "r.png", png), ("a", "a.png", small), ("b", "b.png", png)])
            try HostileTests.check(service, service.post("/v1/vote?metric=ssim", vote), 422, "incomparable")
            #expect(try service.post("/v1/vote?metric=all", vote).status == 200)
        }
    }
}
