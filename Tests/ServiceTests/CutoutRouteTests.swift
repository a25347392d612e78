import DreamSim
import DreamSimService
import Foundation
import TestSupport
import Testing

/// Whether the detector's weights are on this machine.
private let isDetectorReady: Bool = {
    guard let store = try? ModelStore.Configuration.fromEnvironment() else { return false }
    return Catalog.model(named: SaliencyDetector.model)?.isReady(in: ModelStore(store)) ?? false
}()

/// What the route answers that cuts out.
@Suite(
    "A service that cuts out", .timeLimit(.minutes(5)),
    .enabled(if: isDetectorReady, "SKIPPED: needs 'models pull vits14-focus'"))
struct CutoutRouteTests {
    /// A bright disc on a dark ground, which stands out.
    private static func disc() throws -> [UInt8] {
        let pixels = (0..<(160 * 120 * 3)).map { i -> UInt8 in
            let (x, y) = (i / 3 % 160 - 80, i / 480 - 60)
            return x * x + y * y < 1600 ? [230, 60, 40][i % 3] : [30, 50, 70][i % 3]
        }
        return try Image(width: 160, height: 120, pixels: pixels).pngData()
    }

    private static func with(
        _ settings: ServiceSettings = ServiceSettings(),
        _ body: @escaping @Sendable (RunningService) throws -> Void
    ) async throws {
        let detector = try await SaliencyDetector.load()
        try await RunningService.with(settings, detector: detector, body)
    }

    private static func number(_ answer: RawClient.Answer, _ name: String) throws -> Double {
        try #require(answer.headers["x-dreamsim-\(name)"].flatMap { Double($0) })
    }

    @Test("answers with the foreground, transparent around it, and with how much of the image that is")
    func image() async throws {
        let file = try Self.disc()
        try await Self.with { service in
            #expect(try service.get("/v1/service").json()["hasCutouts"] as? Bool == true)
            let answer = try service.post("/v1/cutout", Form([("image", "disc.png", file)]))
            #expect(answer.status == 200 && answer.headers["content-type"] == "image/png", "\(answer.text)")
            let (coverage, saliency) = (try Self.number(answer, "coverage"), try Self.number(answer, "saliency"))
            #expect(abs(coverage - 0.262) < 0.03 && (0.5...1).contains(saliency), "\(coverage), \(saliency)")
            var options = DecodingOptions.standard
            for color in [RGB(255, 255, 255), RGB(0, 0, 0)] {
                options.alpha = .composited(over: color)
                let cut = try Image(decoding: answer.body, name: "cutout", options: options)
                #expect(cut.width == 160 && cut.height == 120)
                #expect(cut[4, 4] == color && cut[80, 60] == RGB(230, 60, 40))
            }
        }
    }

    @Test("takes the image itself and in JSON, and answers with a mask or with numbers alone")
    func formats() async throws {
        let file = try Self.disc()
        try await Self.with { service in
            let raw = try service.client()
            raw.send("POST", "/v1/cutout?part=mask", headers: ["Content-Type: image/png"], body: file)
            let mask = try Image(decoding: raw.answer().body, name: "mask")
            #expect(mask[80, 60] == RGB(255, 255, 255) && mask[4, 4] == RGB(0, 0, 0))
            let body = try JSONSerialization.data(
                withJSONObject: ["image": ["name": "disc.png", "data": Data(file).base64EncodedString()]])
            let json = try service.client()
            json.send(
                "POST", "/v1/cutout", headers: ["Content-Type: application/json", "Accept: application/json"],
                body: Array(body))
            let numbers = try json.answer().json()
            #expect(numbers["image"] as? String == "disc.png" && numbers["width"] as? Int == 160)
            let coverage = try #require(numbers["coverage"] as? Double)
            let saliency = try #require(numbers["saliency"] as? Double)
            #expect(abs(coverage - 0.262) < 0.03 && (0.5...1).contains(saliency), "\(coverage), \(saliency)")
        }
    }

    @Test("answers an image in which nothing stands out, or that is none, by a problem that names it")
    func unusable() async throws {
        let wall = try Image(width: 160, height: 120, filledWith: RGB(90, 90, 90)).pngData()
        try await Self.with { service in
            for (file, status, kind) in [
                (wall, 422, "unusable-image"), (Array("no image".utf8), 415, "unsupported-media"),
            ] {
                let answer = try service.post("/v1/cutout", Form([("image", "wall.png", file)]))
                try HostileTests.check(service, answer, status, kind)
                let problem = try answer.json()
                let failures = try #require(problem["failures"] as? [[String: Any]])
                #expect(failures.map { $0["image"] as? String } == ["wall.png"])
                #expect(failures.map { $0["field"] as? String } == ["image"])
                guard status == 422 else { continue }
                #expect((problem["detail"] as? String)?.hasPrefix("wall.png: nothing stands out") == true)
                #expect((problem["advice"] as? String)?.contains("distinct object") == true)
            }
        }
    }

    @Test("refuses images of more pixels than it takes in full, and of more memory than it has for work")
    func limits() async throws {
        let file = try Self.disc()
        for settings in [
            ServiceSettings.limited { $0.pixelsInFull = 19_199 }, ServiceSettings.limited { $0.workingBytes = 100_000 },
        ] {
            try await Self.with(settings) { service in
                let answer = try service.post("/v1/cutout", Form([("image", "disc.png", file)]))
                try HostileTests.check(service, answer, 413, "too-large")
                #expect(try answer.json()["advice"] as? String == "send a smaller image")
            }
        }
    }
}

/// What the route answers without the detector.
@Suite("A service that cuts nothing out", .timeLimit(.minutes(5)))
struct MissingCutoutTests {
    @Test("says so, and what it is to be started with")
    func none() async throws {
        let file = try Images.png(1)
        try await RunningService.with { service in
            #expect(try service.get("/v1/service").json()["hasCutouts"] as? Bool == false)
            let answer = try service.post("/v1/cutout", Form([("image", "a.png", file)]))
            try HostileTests.check(service, answer, 404, "not-found")
            #expect((try answer.json()["advice"] as? String)?.contains("saliency detector") == true)
        }
    }

    @Test(
        "refuses parameters without a meaning",
        arguments: ["part=both", "least-saliency=1.5", "least-saliency=x", "metric=mse"])
    func parameters(_ query: String) async throws {
        let file = try Images.png(1)
        try await RunningService.with { service in
            let answer = try service.post("/v1/cutout?\(query)", Form([("image", "a.png", file)]))
            try HostileTests.check(service, answer, 400, "bad-parameter")
        }
    }
}
