import DreamSim
import DreamSimService
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// What the routes answer.
@Suite("A service", .timeLimit(.minutes(5)))
struct RouteTests {
    private static let offline: PerceptualModel.LoadingOptions = {
        var store = ModelStore.Configuration(home: FileManager.default.temporaryDirectory)
        store.isOffline = true
        return PerceptualModel.LoadingOptions(store: store)
    }()

    /// A small model and two metrics.
    private static func metrics(_ home: URL) async throws -> [any PerceptualMetric] {
        let description = try TinyModels.write(TinyModels.json(["dino"]), to: home)
        return [
            try await PerceptualModel.load(description.path, options: TinyModels.options(home: home)),
            try await MetricCatalogue.load("ssim", options: offline),
            try await MetricCatalogue.load("psnr", options: offline),
        ]
    }

    private static func with<R: Sendable>(
        _ settings: ServiceSettings = ServiceSettings(),
        _ body: @escaping @Sendable (RunningService, [any PerceptualMetric]) throws -> R
    ) async throws -> R {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let metrics = try await metrics(home)
        return try await RunningService.with(settings, metrics: metrics) { try body($0, metrics) }
    }

    @Test("ranks images by several metrics, with the values that the metrics have")
    func compare() async throws {
        try await Self.with { service, metrics in
            let pictures = (0..<4).map { TinyModels.picture($0) }
            let parts = try pictures.enumerated().map { index, picture in
                (index == 0 ? "reference" : "image", "\(index).png", try picture.pngData())
            }
            let broken = ("image", "broken.png", Array("no picture".utf8))
            let answer = try service.post("/v1/compare?metric=all", Form(parts + [broken]))
            #expect(answer.status == 200)
            let json = try answer.json()
            let results = try #require(json["results"] as? [[String: Any]])
            #expect(results.count == 3)
            for result in results {
                let name = try #require(result["image"] as? String)
                let values = try #require(result["values"] as? [String: Double])
                let picture = pictures[try #require(Int(name.prefix(1)))]
                for metric in metrics {
                    let expected = try metric.value(pictures[0], picture)
                    let value = try #require(values[metric.card.name])
                    #expect(abs(value - expected) < 1e-6, "\(metric.card.name) of \(name): \(value), \(expected)")
                }
            }
            let distances = results.compactMap { ($0["values"] as? [String: Double])?["tiny"] }
            #expect(distances == distances.sorted())
            let failures = try #require(json["failures"] as? [[String: String]])
            #expect(failures.map { $0["image"] } == ["broken.png"])
        }
    }

    @Test("says that identical images are identical, also where JSON has no number for it")
    func identical() async throws {
        try await Self.with { service, _ in
            let png = try Pictures.png(3)
            let form = Form([("reference", "a.png", png), ("image", "a.png", png)])
            let json = try service.post("/v1/compare?metric=psnr,tiny", form).json()
            let values = (json["results"] as? [[String: Any]])?.first?["values"] as? [String: Any]
            #expect(values?["psnr"] as? String == "inf")
            #expect(values?["tiny"] as? Double == 0)
        }
    }

    @Test("tells what is wrong with images that cannot be compared, and compares them when they are resized")
    func sizes() async throws {
        try await Self.with { service, _ in
            let form = Form([
                ("reference", "a.png", try Pictures.png(1)),
                ("image", "b.png", try Pictures.png(2, width: 64, height: 64)),
            ])
            let refused = try service.post("/v1/compare?metric=ssim", form).json()
            let failures = try #require(refused["failures"] as? [[String: String]])
            #expect(failures[0]["error"]?.contains("40x30") == true, "\(failures)")
            let resized = try service.post("/v1/compare?metric=ssim&resize=64", form).json()
            #expect((resized["results"] as? [Any])?.count == 1)
        }
    }

    @Test("measures pairs, and tells of each by itself what is wrong")
    func pairs() async throws {
        try await Self.with { service, metrics in
            let pictures = (0..<4).map { TinyModels.picture($0) }
            let parts = try pictures.enumerated().map { ("image", "\($0).png", try $1.pngData()) }
            let form = Form(parts + [("image", "broken", Array("no picture".utf8))])
            let answer = try service.post("/v1/pairs?metric=all&pairs=0-1,3-2,0-4,1-1", form)
            let pairs = try #require(try answer.json()["pairs"] as? [[String: Any]])
            #expect(pairs.map { $0["a"] as? Int } == [0, 3, 0, 1])
            #expect(pairs.map { $0["b"] as? Int } == [1, 2, 4, 1])
            for (pair, (a, b)) in zip(pairs, [(0, 1), (3, 2)]) {
                let values = try #require(pair["values"] as? [String: Double])
                for metric in metrics {
                    let expected = try metric.value(pictures[a], pictures[b])
                    #expect(abs((values[metric.card.name] ?? .nan) - expected) < 1e-6)
                }
            }
            #expect((pairs[2]["error"] as? String)?.hasPrefix("broken: ") == true)
            #expect((pairs[3]["values"] as? [String: Any])?["psnr"] as? String == "inf")
            for query in ["pairs=0-5", "pairs=0", "pairs=a-b", "pairs=0--1"] {
                #expect(try service.post("/v1/pairs?\(query)", form).status == 400)
            }
            // Five images are no pairs.
            #expect(try service.post("/v1/pairs", form).status == 400)
        }
    }

    @Test("lets metrics vote")
    func vote() async throws {
        try await Self.with { service, _ in
            let form = Form([
                ("reference", "r.png", try Pictures.png(1)), ("a", "a.png", try Pictures.png(2)),
                ("b", "b.png", try Pictures.png(1)),
            ])
            let votes = try #require(try service.post("/v1/vote?metric=all", form).json()["votes"] as? [[String: Any]])
            #expect(votes.map { $0["choice"] as? String } == ["B", "B", "B"])
        }
    }

    @Test("embeds images as JSON and as NumPy's matrix, as the model does")
    func embed() async throws {
        try await Self.with { service, metrics in
            let model = try #require(metrics[0] as? PerceptualModel)
            let pictures = [TinyModels.picture(1), TinyModels.picture(2)]
            let expected = pictures.map { model.embed($0).values }
            let form = Form(try pictures.enumerated().map { ("image", "\($0).png", try $1.pngData()) })
            let answer = try service.post("/v1/embed", form)
            let images = try #require(try answer.json()["images"] as? [[String: Any]])
            for (image, values) in zip(images, expected) {
                let found = try #require(image["embedding"] as? [Double])
                #expect(zip(found, values).allSatisfy { abs($0 - Double($1)) < 1e-5 } && found.count == model.width)
            }
            let matrix = try service.post("/v1/embed", form, headers: ["Accept: application/x-npy"])
            #expect(matrix.headers["content-type"] == "application/x-npy")
            #expect(matrix.body.starts(with: [0x93] + Array("NUMPY".utf8)))
            let values = matrix.body.suffix(2 * model.width * 4).withUnsafeBytes { bytes in
                (0..<(2 * model.width)).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
            #expect(zip(values, expected.joined()).allSatisfy { abs($0 - $1) < 1e-5 })
            let raw = try service.client()
            raw.send("POST", "/v1/embed", headers: ["Content-Type: image/png"], body: try pictures[0].pngData())
            #expect(try raw.answer().status == 200)
            let wish = try service.post("/v1/embed", form, headers: ["Accept: text/html"])
            #expect(wish.status == 406)
        }
    }

    @Test("draws where images differ")
    func heatmap() async throws {
        try await Self.with { service, _ in
            let form = Form([("reference", "a.png", try Pictures.png(1)), ("image", "b.png", try Pictures.png(2))])
            for metric in ["ssim", "tiny"] {
                let answer = try service.post("/v1/heatmap?metric=\(metric)", form)
                #expect(answer.headers["content-type"] == "image/png")
                let picture = try Image(decoding: answer.body, name: "map")
                #expect(picture.width == 40 && picture.height == 30)
                let values = try service.post(
                    "/v1/heatmap?metric=\(metric)", form, headers: ["Accept: application/json"])
                #expect(try values.json()["metric"] != nil)
            }
        }
    }

    @Test(
        "refuses parameters without a meaning, and says which there are",
        arguments: [
            "metrc=ssim", "metric=nothing", "resize=1", "resize=x", "metric=a&metric=b", "metric=", "metric=%zz",
        ])
    func parameters(_ query: String) async throws {
        try await Self.with { service, _ in
            let png = try Pictures.png(1)
            let answer = try service.post("/v1/compare?\(query)", Form([("reference", "a", png), ("image", "b", png)]))
            #expect(answer.status == 400)
            #expect(try answer.json()["type"] as? String == "urn:dreamsim:problem:bad-parameter")
        }
    }

    @Test("wants its token, and nothing less")
    func token() async throws {
        var settings = ServiceSettings()
        settings.token = "0123456789abcdef"
        try await Self.with(settings) { service, _ in
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
        #expect(throws: ServiceError.self) { try settings.check() }
        settings.token = "short"
        #expect(throws: ServiceError.self) { try settings.check() }
        settings.token = "0123456789abcdef"
        #expect(throws: Never.self) { try settings.check() }
    }

    @Test("takes paths below the allowed folder only")
    func root() async throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let root = folder.appending(path: "root")
        try FileManager.default.createDirectory(at: root.appending(path: "in"), withIntermediateDirectories: true)
        let png = try Pictures.png(1)
        for path in ["root/in/a.png", "secret.png"] { try Data(png).write(to: folder.appending(path: path)) }
        let links = FileManager.default
        try links.createSymbolicLink(
            at: root.appending(path: "out.png"), withDestinationURL: folder.appending(path: "secret.png"))
        try links.createSymbolicLink(at: root.appending(path: "up"), withDestinationURL: folder)
        try links.createSymbolicLink(
            at: root.appending(path: "own.png"), withDestinationURL: root.appending(path: "in/a.png"))
        var settings = ServiceSettings()
        settings.root = root
        try await Self.with(settings) { service, _ in
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

    @Test("lists metrics and models with what they can do, those that are loaded first")
    func catalogue() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        var settings = ServiceSettings()
        settings.store = ModelStore.Configuration(home: home)
        try await Self.with(settings) { service, _ in
            let metrics = try #require(try service.get("/v1/metrics").json()["metrics"] as? [[String: Any]])
            #expect(metrics.prefix(3).map { $0["name"] as? String } == ["tiny", "ssim", "psnr"])
            #expect(metrics.prefix(3).allSatisfy { $0["state"] as? String == "loaded" })
            #expect(metrics.allSatisfy { $0["hasGradient"] as? Bool == true })
            let others = Dictionary(uniqueKeysWithValues: metrics.map { ($0["name"] as? String ?? "", $0) })
            #expect(others["mse"]?["state"] as? String == "ready" && others["mse"]?["isSpatial"] as? Bool == true)
            #expect(others["dists"]?["state"] as? String == "weights missing")
            #expect(
                others["dists"]?["isSpatial"] as? Bool == false && others["ensemble"]?["kind"] as? String == "model")
            let models = try #require(try service.get("/v1/models").json()["models"] as? [[String: Any]])
            #expect(models[0]["name"] as? String == "tiny" && models[0]["state"] as? String == "loaded")
            #expect(models.count == Catalogue.all.count + 1)
            #expect(models.dropFirst().allSatisfy { $0["state"] as? String == "weights missing" })
        }
    }

    @Test("documents every route, and nothing that is not there")
    func document() async throws {
        try await Self.with { service, _ in
            let document = try service.get("/v1/openapi.json").json()
            #expect(document["openapi"] as? String == "3.1.0")
            let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
            for (path, operations) in paths {
                for (method, operation) in operations {
                    let client = try service.client()
                    let asked = path.replacing("{id}", with: "1").replacing("{name}", with: "a")
                    client.send(method.uppercased(), asked, headers: method == "get" ? [] : [Form.header], body: [])
                    let answer = try client.answer()
                    let responses = try #require(operation["responses"] as? [String: [String: Any]])
                    #expect(responses["\(answer.status)"] != nil, "\(method) \(path): \(answer.status)")
                    #expect(answer.status != 405 && answer.status != 500, "\(method) \(path)")
                }
            }
            #expect(paths["/v1/compare"]?["post"] != nil && paths["/v1/search"]?["get"] != nil)
        }
    }

    @Test("answers several requests of one connection, and HEAD without a body")
    func keepAlive() async throws {
        try await Self.with { service, _ in
            let client = try service.client()
            let png = try Pictures.png(1)
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
        try await Self.with { service, metrics in
            let pictures = (0..<24).map { TinyModels.picture(UInt64($0)) }
            let files = try pictures.map { try $0.pngData() }
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
                        let expected = try metrics[0].value(pictures[client], pictures[other])
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
