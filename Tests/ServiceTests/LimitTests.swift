import DreamSim
import DreamSimService
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// More than a service can do, in number, in time and in memory.
@Suite("A service at its limits", .timeLimit(.minutes(5)))
struct LimitTests {
    @Test("answers 503 with Retry-After when it is overloaded, and continues afterwards")
    func overload() async throws {
        let metric = GatedMetric()
        let png = try Images.png(1)
        let settings = ServiceSettings.limited { ($0.acceptedImages, $0.images) = (3, 3) }
        try await RunningService.with(settings, metrics: [metric]) { service in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
            try service.wait(for: "dreamsim_images_accepted", 2)
            let refused = try service.post("/v1/compare", form)
            try HostileTests.check(service, refused, 503, "overload")
            #expect(Int(refused.headers["retry-after"] ?? "").map { (1...60).contains($0) } == true)
            metric.open()
            #expect(try first.answer().status == 200)
            #expect(try service.post("/v1/compare", form).status == 200)
        }
    }

    @Test("drops what waits for a client that has gone")
    func disconnect() async throws {
        let metric = GatedMetric()
        let png = try Images.png(1)
        try await RunningService.with(metrics: [metric]) { service in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
            while metric.calls < 1 { usleep(1000) }
            var second: RawClient? = try service.client()
            second?.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
            try service.wait(for: "dreamsim_images_accepted", 4)
            second = nil
            try service.wait(for: "dreamsim_images_accepted", 2)
            try service.wait(for: "dreamsim_disconnects_total", 1)
            metric.open()
            #expect(try first.answer().status == 200)
            #expect(metric.calls == 1)
        }
    }

    @Test("answers 503 when an answer takes too long")
    func deadline() async throws {
        let metric = GatedMetric()
        let png = try Images.png(1)
        let settings = ServiceSettings.limited { $0.answerTime = .seconds(1) }
        try await RunningService.with(settings, metrics: [metric]) { service in
            defer { metric.open() }
            let answer = try service.post("/v1/compare", Form([("reference", "a", png), ("image", "b", png)]))
            try HostileTests.check(service, answer, 503, "deadline")
            #expect(answer.headers["retry-after"] != nil)
        }
    }

    @Test("refuses images of more pixels than it decodes")
    func pixels() async throws {
        let png = try Images.png(1, width: 100, height: 100)
        let settings = ServiceSettings.limited { $0.pixels = 9999 }
        try await RunningService.with(settings) { service in
            let answer = try service.post("/v1/compare", Form([("reference", "a.png", png), ("image", "b.png", png)]))
            try HostileTests.check(service, answer, 413, "too-large")
        }
    }

    @Test(
        "refuses images by the size that their header says, of metrics that compare them in full too",
        arguments: ["compare", "heatmap"])
    func pixelsInFull(_ route: String) async throws {
        let png = try Images.png(1, width: 100, height: 100)
        let settings = ServiceSettings.limited { $0.pixelsInFull = 9999 }
        try await RunningService.with(settings) { service in
            // A header of BMP without any pixels that could be decoded.
            func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
            let header: [UInt8] =
                [66, 77] + [54, 0, 54, 40, 100, 100, 24 << 16 | 1].flatMap(bytes) + [UInt8](repeating: 0, count: 24)
            for (reference, image) in [(png, header), (header, png)] {
                let form = Form([("reference", "a", reference), ("image", "b", image)])
                let answer = try service.post("/v1/\(route)", form)
                try HostileTests.check(service, answer, 413, "too-large")
                #expect(
                    answer.text.contains(
                        "100x100 pixels pass the limit of 9999 for metrics that compare images in full"))
            }
            guard route == "compare" else { return }
            // Brought to one size they are not compared in full.
            let resized = try service.post(
                "/v1/compare?resize=64", Form([("reference", "a.png", png), ("image", "b.png", png)]))
            #expect(resized.status == 200)
        }
    }

    @Test("says of too many images what is allowed, in one sentence for forms and JSON")
    func images() async throws {
        let png = try Images.png(1)
        let settings = ServiceSettings.limited { $0.images = 3 }
        try await RunningService.with(settings) { service in
            let image = ["data": Data(png).base64EncodedString()]
            for count in [4, 12] {
                let form = Form([("reference", "a.png", png)] + (1..<count).map { ("image", "\($0).png", png) })
                let client = try service.client()
                let json = try JSONSerialization.data(
                    withJSONObject: ["reference": image, "image": Array(repeating: image, count: count - 1)])
                client.send("POST", "/v1/compare", headers: ["Content-Type: application/json"], body: Array(json))
                for answer in [try service.post("/v1/compare", form), try client.answer()] {
                    try HostileTests.check(service, answer, 413, "too-large")
                    #expect(
                        try answer.json()["detail"] as? String
                            == "the request has more than 3 images, the limit of this service")
                }
            }
        }
    }

    @Test("bounds the memory that bodies take together")
    func memory() async throws {
        let settings = ServiceSettings.limited { $0.heldBytes = 100_000 }
        try await RunningService.with(settings) { service in
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 60000"])
            try service.wait(for: "dreamsim_held_bytes", 60_000)
            let second = try service.client()
            second.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 60000"])
            try HostileTests.check(service, second.answer(), 503, "overload")
        }
    }

    @Test("lets go of an answer that its client does not take")
    func unreadAnswer() async throws {
        let pngs = try (UInt64(1)...2).map { seed in
            var generator = SeededGenerator(state: seed)
            let noise = (0..<(2000 * 2000 * 3)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            return try Image(width: 2000, height: 2000, pixels: noise).pngData()
        }
        // No other limit may end the connection first.
        let settings = ServiceSettings.limited { ($0.sendTime, $0.idleTime) = (.milliseconds(500), .seconds(3600)) }
        try await RunningService.with(settings) { service in
            let client = try RawClient(service.port, receiveBuffer: 4096)
            let form = Form([("reference", "a.png", pngs[0]), ("image", "b.png", pngs[1])])
            // The map of noise is larger than what the system takes in for the client.
            client.send("POST", "/v1/heatmap?metric=mse&opacity=0.5", headers: [Form.header], body: form.body)
            try service.waitUntil("dreamsim_held_bytes") { $0 > 0 }
            // Its connection ends, and what was held for it with it; the one that is left asks.
            try service.wait(for: "dreamsim_held_bytes", 0)
            try service.wait(for: "dreamsim_connections", 1)
            #expect(try service.get("/healthz").status == 200)
            withExtendedLifetime(client) {}
        }
    }
}
