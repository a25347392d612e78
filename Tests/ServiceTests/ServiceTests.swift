import DreamSim
import DreamSimService
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Who may ask for what, what a service tells of itself, and many who ask at once.
@Suite("A service as a whole", .timeLimit(.minutes(5)))
struct ServiceTests {
    @Test("wants its token, and nothing less")
    func token() async throws {
        var settings = ServiceSettings()
        settings.token = "0123456789abcdef"
        try await SmallService.with(settings) { service, _ in
            for field in [[], ["Authorization: Bearer 0123456789abcdee"], ["Authorization: Basic 0123456789abcdef"]] {
                let answer = try service.get("/v1/metrics", headers: field)
                #expect(answer.status == 401)
                #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
            }
            #expect(try service.get("/v1/metrics", headers: ["Authorization: Bearer 0123456789abcdef"]).status == 200)
            #expect(try service.get("/healthz").status == 200)
        }
    }

    @Test("is open to other machines only with a token")
    func address() {
        var settings = ServiceSettings()
        settings.host = "0.0.0.0"
        #expect(throws: DreamSimError.self) { try settings.check() }
        settings.token = "short"
        #expect(throws: DreamSimError.self) { try settings.check() }
        settings.token = "0123456789abcdef"
        #expect(throws: Never.self) { try settings.check() }
    }

    @Test("takes paths below the allowed folder only")
    func root() async throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let root = folder.appending(path: "root")
        try FileManager.default.createDirectory(at: root.appending(path: "in"), withIntermediateDirectories: true)
        let png = try Images.png(1)
        for path in ["root/in/a.png", "secret.png"] { try Data(png).write(to: folder.appending(path: path)) }
        let links = FileManager.default
        try links.createSymbolicLink(
            at: root.appending(path: "out.png"), withDestinationURL: folder.appending(path: "secret.png"))
        try links.createSymbolicLink(at: root.appending(path: "up"), withDestinationURL: folder)
        try links.createSymbolicLink(
            at: root.appending(path: "own.png"), withDestinationURL: root.appending(path: "in/a.png"))
        var settings = ServiceSettings()
        settings.root = root
        try await SmallService.with(settings) { service, _ in
            func ask(_ path: String) throws -> RawClient.Answer {
                let client = try service.client()
                let body = try JSONSerialization.data(withJSONObject: ["reference": "in/a.png", "image": [path]])
                client.send("POST", "/v1/compare", headers: ["Content-Type: application/json"], body: Array(body))
                return try client.answer()
            }
            for path in ["in/a.png", "own.png", "in/./a.png"] { #expect(try ask(path).status == 200, "\(path)") }
            for path in [
                "out.png", "up/secret.png", "../secret.png", "in/../../secret.png", folder.path + "/secret.png", "",
                "in/missing.png", "/etc/hostname",
            ] {
                let answer = try ask(path)
                #expect(answer.status == 404, "\(path)")
                #expect(!answer.text.contains(folder.path) || path.hasPrefix("/"))
            }
        }
    }

    private static let withoutGradient: Set = ["pdq", "fsim", "fsimc", "haarpsi", "gmsd", "vif"]

    @Test("lists metrics and models with what they can do, those that are loaded first")
    func catalog() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        var settings = ServiceSettings()
        settings.store = ModelStore.Configuration(home: home)
        try await SmallService.with(settings) { service, _ in
            let metrics = try #require(try service.get("/v1/metrics").json()["metrics"] as? [[String: Any]])
            #expect(metrics.prefix(3).map { $0["name"] as? String } == ["tiny", "ssim", "psnr"])
            #expect(metrics.prefix(3).allSatisfy { $0["state"] as? String == "loaded" })
            #expect(
                metrics.allSatisfy {
                    ($0["hasGradient"] as? Bool == true) != Self.withoutGradient.contains($0["name"] as? String ?? "")
                })
            let others = Dictionary(uniqueKeysWithValues: metrics.map { ($0["name"] as? String ?? "", $0) })
            #expect(others["mse"]?["state"] as? String == "ready" && others["mse"]?["isSpatial"] as? Bool == true)
            #expect(others["dists"]?["state"] as? String == "weights missing")
            #expect(
                others["dists"]?["isSpatial"] as? Bool == false && others["ensemble"]?["kind"] as? String == "model")
            let models = try #require(try service.get("/v1/models").json()["models"] as? [[String: Any]])
            #expect(models[0]["name"] as? String == "tiny" && models[0]["state"] as? String == "loaded")
            #expect(models.count == Catalog.all.count + 1)
            #expect(models.dropFirst().allSatisfy { $0["state"] as? String == "weights missing" })
        }
    }

    @Test("answers several requests of one connection, and HEAD without a body")
    func keepAlive() async throws {
        try await SmallService.with { service, _ in
            let client = try service.client()
            let png = try Images.png(1)
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            for _ in 0..<5 {
                client.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
                #expect(try client.answer().status == 200)
            }
            client.send("GET", "/healthz", headers: ["X-Request-ID: my-id_1"])
            let answer = try client.answer()
            #expect(answer.headers["x-request-id"] == "my-id_1")
            #expect(
                answer.headers["content-security-policy"] != nil
                    && answer.headers["x-content-type-options"] == "nosniff")
        }
    }

    @Test("answers many clients at once, each with its own result")
    func crowd() async throws {
        try await SmallService.with { service, metrics in
            let images = (0..<24).map { TinyModels.image(UInt64($0)) }
            let files = try images.map { try $0.pngData() }
            let failures = Failures()
            let group = DispatchGroup()
            for client in 0..<24 {
                group.enter()
                Thread.detachNewThread {
                    defer { group.leave() }
                    do {
                        let other = (client + 7) % 24
                        let answer = try service.post(
                            "/v1/compare?metric=tiny",
                            Form([("reference", "r.png", files[client]), ("image", "i.png", files[other])]))
                        let values =
                            (try answer.json()["results"] as? [[String: Any]])?[0]["values"] as? [String: Double]
                        let expected = try metrics[0].value(images[client], images[other])
                        if abs((values?["tiny"] ?? .nan) - expected) < 1e-5 { return }
                        failures.add("\(client): \(answer.text), \(expected)")
                    } catch {
                        failures.add("\(client): \(error)")
                    }
                }
            }
            group.wait()
            #expect(failures.all == [])
        }
    }
}

/// What went wrong on several threads.
///
/// `@unchecked Sendable`: the texts are read and written under the lock.
private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var texts: [String] = []

    func add(_ text: String) { lock.withLock { texts.append(text) } }
    var all: [String] { lock.withLock { texts } }
}
