import DreamSim
import DreamSimService
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Very much of everything, or very little of it for a long time.
@Suite("A service that is flooded", .timeLimit(.minutes(5)))
struct FloodTests {
    @Test("gives no more time to a head that comes byte by byte than to one that does not come")
    func drippingHead() async throws {
        try await HostileTests.refuse(on: .limited { $0.headTime = .seconds(1) }, 408, "slow-request") {
            $0.send("GET /healthz HTTP/1.1\nHost: localhost\nX-Slow: ")
            Self.drip(97, to: $0)
        }
    }

    @Test("gives no more time to a body that comes byte by byte than to one that does not come")
    func drippingBody() async throws {
        try await HostileTests.refuse(on: .limited { $0.bodyTime = .seconds(1) }, 408, "slow-request") {
            $0.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 1000"])
            Self.drip(45, to: $0)
        }
    }

    /// Sends byte by byte until the connection is closed; bytes would go on for a minute.
    private static func drip(_ byte: UInt8, to client: RawClient) {
        var left = 1200
        while left > 0, client.send([byte]) {
            left -= 1
            usleep(50_000)
        }
        #expect(left > 0)
    }

    @Test("lets a connection go that asks nothing")
    func silence() async throws {
        try await RunningService.with(.limited { $0.idleTime = .seconds(1) }) { service in
            let client = try service.client()
            #expect(client.isEnded())
            #expect(try service.get("/healthz").status == 200)
        }
    }

    @Test("keeps to its number of connections when ten thousand want one, and answers when they have gone")
    func connections() async throws {
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        limits.rlim_cur = limits.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        let wanted = Int(min(10_000, limits.rlim_cur - 1000))
        let settings = ServiceSettings.limited { ($0.connections, $0.idleTime) = (64, .seconds(2)) }
        try await RunningService.with(settings) { service in
            let first = try service.client()
            var descriptors: [Int32] = []
            for _ in 0..<wanted { descriptors.append(Self.begin(service.port)) }
            #expect(descriptors.allSatisfy { $0 >= 0 })
            // Those that were let in first ask what the others have come to.
            first.send("GET", "/metrics")
            let lines = try first.answer().text.split(separator: "\n")
            let open = lines.first { $0.hasPrefix("dreamsim_connections ") }?.split(separator: " ").last.flatMap {
                Int($0)
            }
            #expect((1...64).contains(open ?? 0), "\(open ?? -1) connections")
            for descriptor in descriptors { close(descriptor) }
            #expect(try service.get("/healthz").status == 200)
            try service.waitUntil("dreamsim_connections") { $0 <= 2 }
        }
    }

    /// Begins to connect, without waiting for it.
    private static func begin(_ port: Int) -> Int32 {
        let descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    @Test("refuses an image of 100,000 x 100,000 pixels by its head, in every place that takes one")
    func bomb() async throws {
        let bomb = Self.png(side: 100_000)
        let good = try Images.png(1)
        try await RunningService.with { service in
            let before = try service.statistic("process_resident_memory_bytes")
            for (path, parts) in [
                ("/v1/compare", [("reference", bomb), ("image", good)]),
                ("/v1/vote", [("reference", bomb), ("a", good), ("b", good)]),
                ("/v1/heatmap", [("reference", good), ("image", bomb)]),
            ] {
                let answer = try service.post(path, Form(parts.map { ($0.0, "\($0.0).png", $0.1) }))
                try HostileTests.check(service, answer, 413, "too-large")
            }
            // Beside others it is named, and they are answered.
            let mixed = try service.post(
                "/v1/compare",
                Form([("reference", "a.png", good), ("image", "bomb.png", bomb), ("image", "b.png", good)]))
            #expect(mixed.status == 200)
            let failures = try #require(try mixed.json()["failures"] as? [[String: String]])
            #expect(failures.map { $0["image"] } == ["bomb.png"])
            #expect(try service.statistic("dreamsim_held_bytes") == 0)
            // Its pixels would take 30 GB; other tests of this process take some, too.
            #expect(try service.statistic("process_resident_memory_bytes") - before < 10e9)
        }
    }

    /// A PNG file that says to be a square, with next to nothing in it.
    private static func png(side: UInt32) -> [UInt8] {
        func big(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
            let body = Array(name.utf8) + content
            return big(UInt32(content.count)) + body + big(ZipBuilder.crc32(body))
        }
        let data: [UInt8] = [0x78, 0x9C, 0x63, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", big(side) + big(side) + [8, 2, 0, 0, 0])
            + chunk("IDAT", data) + chunk("IEND", [])
    }

    @Test("answers 413 to ten thousand parts, and to more images than a request may have")
    func parts() async throws {
        let tiny: [UInt8] = [1]
        try await RunningService.with { service in
            let many = Form((0..<10_000).map { ("image", "\($0).png", tiny) })
            try HostileTests.check(service, service.post("/v1/compare", many), 413, "too-large")
            let some = Form([("reference", "r", tiny)] + (0..<128).map { ("image", "\($0).png", tiny) })
            try HostileTests.check(service, service.post("/v1/compare", some), 413, "too-large")
            #expect(try service.statistic("dreamsim_held_bytes") == 0)
        }
    }

    @Test("does no more of a request whose client goes in the middle of it")
    func disconnectInTheMiddle() async throws {
        let metric = GatedMetric()
        let png = try Images.png(1)
        try await RunningService.with(metrics: [metric]) { service in
            defer { metric.open() }
            // Some are computed at a time, so that others have their turn.
            let form = Form([("reference", "r.png", png)] + (0..<40).map { ("image", "\($0).png", png) })
            var client: RawClient? = try service.client()
            client?.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
            while metric.calls < 1 { usleep(1000) }
            #expect(try service.statistic("dreamsim_images_accepted") == 41)
            client = nil
            try service.wait(for: "dreamsim_disconnects_total", 1)
            metric.open()
            try service.wait(for: "dreamsim_images_accepted", 0)
            #expect(metric.calls == 1)
            #expect(try service.statistic("dreamsim_held_bytes") == 0)
            let next = try service.post("/v1/compare", Form([("reference", "a", png), ("image", "b", png)]))
            #expect(next.status == 200 && metric.calls == 2)
        }
    }
}
