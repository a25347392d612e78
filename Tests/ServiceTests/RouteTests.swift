import DreamSim
import DreamSimService
import DreamSimSupport
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// What the routes answer.
@Suite("A service", .timeLimit(.minutes(5)))
struct RouteTests {
    @Test("ranks images by several metrics, with the values that the metrics have")
    func compare() async throws {
        try await SmallService.with { service, metrics in
            let images = (0..<4).map { TinyModels.image($0) }
            let parts = try images.enumerated().map { index, image in
                (index == 0 ? "reference" : "image", "\(index).png", try image.pngData())
            }
            let broken = ("image", "broken.png", Array("no image".utf8))
            let answer = try service.post("/v1/compare?metric=all", Form(parts + [broken]))
            #expect(answer.status == 200)
            let json = try answer.json()
            #expect(try JSONSchema("compare").faults(of: json) == [])
            let results = try #require(json["results"] as? [[String: Any]])
            #expect(results.count == 3)
            for result in results {
                let name = try #require(result["image"] as? String)
                let values = try #require(result["values"] as? [String: Double])
                let image = images[try #require(Int(name.prefix(1)))]
                for metric in metrics {
                    let expected = try metric.value(images[0], image)
                    let value = try #require(values[metric.card.name])
                    #expect(abs(value - expected) < 1e-6, "\(metric.card.name) of \(name): \(value), \(expected)")
                }
            }
            let distances = results.compactMap { ($0["values"] as? [String: Double])?["tiny"] }
            #expect(distances == distances.sorted())
            let failures = try #require(json["failures"] as? [[String: String]])
            #expect(failures.map { $0["image"] } == ["broken.png"] && failures.map { $0["field"] } == ["image"])
            #expect(failures[0]["error"]?.hasPrefix("broken.png: this is not an image of a known format") == true)
        }
    }

    @Test("says that identical images are identical, also where JSON has no number for it")
    func identical() async throws {
        try await SmallService.with { service, _ in
            let png = try Images.png(3)
            let form = Form([("reference", "a.png", png), ("image", "a.png", png)])
            let json = try service.post("/v1/compare?metric=psnr,tiny", form).json()
            let values = (json["results"] as? [[String: Any]])?.first?["values"] as? [String: Any]
            #expect(values?["psnr"] as? String == "inf")
            #expect(values?["tiny"] as? Double == 0)
        }
    }

    @Test("measures pairs, and tells of each by itself what is wrong")
    func pairs() async throws {
        try await SmallService.with { service, metrics in
            let images = (0..<4).map { TinyModels.image($0) }
            let parts = try images.enumerated().map { ("image", "\($0).png", try $1.pngData()) }
            let form = Form(parts + [("image", "broken", Array("no image".utf8))])
            let answer = try service.post("/v1/pairs?metric=all&pairs=0-1,3-2,0-4,1-1", form)
            let json = try answer.json()
            #expect(try JSONSchema("pairs").faults(of: json) == [] && json["failed"] as? Int == 1)
            let pairs = try #require(json["results"] as? [[String: Any]])
            #expect(pairs.map { $0["a"] as? Int } == [0, 3, 0, 1])
            #expect(pairs.map { $0["b"] as? Int } == [1, 2, 4, 1])
            for (pair, (a, b)) in zip(pairs, [(0, 1), (3, 2)]) {
                let values = try #require(pair["values"] as? [String: Double])
                for metric in metrics {
                    let expected = try metric.value(images[a], images[b])
                    #expect(abs((values[metric.card.name] ?? .nan) - expected) < 1e-6)
                }
            }
            #expect((pairs[2]["error"] as? String)?.hasPrefix("broken: ") == true)
            #expect((pairs[3]["values"] as? [String: Any])?["psnr"] as? String == "inf")
            for query in [
                "pairs=0-5", "pairs=0", "pairs=a-b", "pairs=0--1", "pairs=%2B0-1", "pairs=0-01", "pairs=0x0-1",
            ] {
                #expect(try service.post("/v1/pairs?\(query)", form).status == 400)
            }
            // Five images are not pairs.
            #expect(try service.post("/v1/pairs", form).status == 400)
        }
    }

    @Test("takes one metric where there can be only one, and says so of several")
    func oneMetric() async throws {
        try await SmallService.with { service, _ in
            let png = try Images.png(1)
            let pair = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let image = Form([("image", "a.png", png)])
            for (path, form) in [
                ("heatmap?metric=ssim,psnr", pair), ("compare?metric=all&rank-by=ssim,psnr", pair),
                ("embed?metric=tiny,tiny", image), ("embed?metric=tiny,", image),
            ] {
                let answer = try service.post("/v1/\(path)", form)
                try HostileTests.check(service, answer, 400, "bad-parameter")
                #expect((try answer.json()["detail"] as? String)?.contains("only one is taken here") == true, "\(path)")
            }
            #expect(try service.post("/v1/heatmap?metric=ssim", pair).status == 200)
        }
    }

    @Test("says in plain words what is missing, given too often or unknown")
    func plainWords() async throws {
        try await SmallService.with { service, _ in
            let png = try Images.png(1)
            func told(_ path: String, _ fields: [String]) throws -> [String?] {
                let json = try service.post(path, Form(fields.map { ($0, "a.png", png) })).json()
                return [json["detail"] as? String, json["advice"] as? String]
            }
            #expect(
                try told("/v1/compare", ["reference", "reference", "image"])
                    == ["'reference' is given twice", "give it once"])
            #expect(
                try told("/v1/vote", ["reference", "a", "b", "b", "b"]) == ["'b' is given 3 times", "give it once"])
            #expect(try told("/v1/compare", ["reference"]) == ["'image' is missing", "give it 1 to 127 times"])
            #expect(try told("/v1/embed", ["photograph"]) == ["there is no field 'photograph'", "there is image"])
            #expect(
                try told("/v1/embed?metrics=tiny", ["image"])
                    == ["there is no parameter 'metrics'", "there is metric"])
            let client = try service.client()
            client.send("POST", "/v1/embed", body: png)
            let answer = try client.answer()
            try HostileTests.check(service, answer, 415, "unsupported-media")
            #expect((try answer.json()["detail"] as? String)?.contains("Content-Type") == true)
        }
    }

    @Test("says what keeps to limits, of a ranking and of pairs")
    func limits() async throws {
        try await SmallService.with { service, _ in
            let images = try [1, 1, 2].map { try Images.png($0) } + [Array("no image".utf8)]
            let ranking = Form(images.enumerated().map { ($0 == 0 ? "reference" : "image", "\($0).png", $1) })
            let pairs = Form(images.enumerated().map { ("image", "\($0).png", $1) })
            let query = "metric=ssim,tiny&fail-below=0.999&fail-above=tiny=1e-6"
            let compared = try service.post("/v1/compare?\(query)", ranking).json()
            #expect(try JSONSchema("compare").faults(of: compared) == [])
            #expect(compared["limits"] as? [String: Double] == ["ssim": 0.999, "tiny": 1e-6])
            let results = try #require(compared["results"] as? [[String: Any]])
            #expect(results.map { $0["pass"] as? Bool } == [true, false] && compared["pass"] as? Bool == false)
            let measured = try service.post("/v1/pairs?\(query)&pairs=0-1,0-2,0-3", pairs).json()
            #expect(try JSONSchema("pairs").faults(of: measured) == [])
            let judged = try #require(measured["results"] as? [[String: Any]])
            #expect(judged.map { $0["pass"] as? Bool } == [true, false, false] && measured["pass"] as? Bool == false)
            let summary = try #require((measured["summary"] as? [String: [String: Any]])?["ssim"])
            #expect(summary["count"] as? Int == 2 && summary["failed"] as? Int == 2)
            #expect((summary["worst"] as? [String: Any])?["index"] as? Int == 1)
            let good = try service.post("/v1/pairs?metric=ssim&fail-below=0.5&pairs=0-1", pairs).json()
            #expect(good["pass"] as? Bool == true)
            // Without limits nothing passes or fails.
            let free = try service.post("/v1/pairs?metric=ssim&pairs=0-1", pairs).json()
            #expect(free["pass"] == nil && free["limits"] == nil && free["summary"] != nil)
            for wrong in [
                "metric=ssim&fail-above=0.5", "fail-below=0.5", "metric=ssim&fail-below=psnr=30", "fail-above=x",
                "fail-above=3", "fail-above=nan", "fail-above=%2B0.1", "fail-above=0x1p-3", "fail-above=tiny=1e999",
                "fail-above=-inf", "fail-above=", "fail-above=tiny=0.2,tiny=0.001", "fail-above=0.2,tiny=0.2",
            ] {
                for route in ["compare", "pairs"] {
                    let answer = try service.post("/v1/\(route)?\(wrong)", route == "compare" ? ranking : pairs)
                    #expect(answer.status == 400, "\(route)?\(wrong): \(answer.status)")
                }
            }
        }
    }

    @Test("takes no limit for a model that stands in for the default, unless the request names it")
    func standIn() async throws {
        try await TinyModels.withModel(["dino"]) { tiny, _ in
            let model = try PerceptualModel(
                tiny.description, parts: tiny.parts, weightsHash: tiny.stamp.weights, preprocessing: tiny.preprocessing,
                isNormalized: true, isStandIn: true)
            try await RunningService.with(metrics: [model]) { service in
                let form = Form([("reference", "a.png", try Images.png(1)), ("image", "b.png", try Images.png(1))])
                let pair = Form([("image", "a.png", try Images.png(1)), ("image", "b.png", try Images.png(1))])
                for (route, form) in [("compare", form), ("pairs", pair)] {
                    for query in ["fail-above=0.1", "metric=all&fail-above=0.1"] {
                        let refused = try service.post("/v1/\(route)?\(query)", form)
                        #expect(refused.status == 400)
                        #expect(try (refused.json()["advice"] as? String)?.contains("metric=tiny") == true)
                    }
                    for query in ["metric=tiny&fail-above=0.1", "fail-above=tiny=0.1"] {
                        let answer = try service.post("/v1/\(route)?\(query)", form).json()
                        #expect(answer["pass"] as? Bool == true)
                    }
                }
            }
        }
    }

    @Test("lets metrics vote")
    func vote() async throws {
        try await SmallService.with { service, _ in
            let form = Form([
                ("reference", "r.png", try Images.png(1)), ("a", "a.png", try Images.png(2)),
                ("b", "b.png", try Images.png(1)),
            ])
            let json = try service.post("/v1/vote?metric=all", form).json()
            #expect(try JSONSchema("vote").faults(of: json) == [])
            let votes = try #require(json["votes"] as? [[String: Any]])
            #expect(votes.map { $0["choice"] as? String } == ["B", "B", "B"])
        }
    }

    @Test("embeds images as JSON and as NumPy's matrix, as the model does")
    func embed() async throws {
        try await SmallService.with { service, metrics in
            let model = try #require(metrics[0] as? PerceptualModel)
            let images = [TinyModels.image(1), TinyModels.image(2)]
            let expected = images.map { model.embed($0).values }
            let form = Form(try images.enumerated().map { ("image", "\($0).png", try $1.pngData()) })
            let answer = try service.post("/v1/embed", form)
            let embedded = try #require(try answer.json()["images"] as? [[String: Any]])
            for (image, values) in zip(embedded, expected) {
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
            raw.send("POST", "/v1/embed", headers: ["Content-Type: image/png"], body: try images[0].pngData())
            #expect(try raw.answer().status == 200)
            let wish = try service.post("/v1/embed", form, headers: ["Accept: text/html"])
            #expect(wish.status == 406)
        }
    }

    @Test("draws where images differ")
    func heatmap() async throws {
        try await SmallService.with { service, _ in
            let form = Form([("reference", "a.png", try Images.png(1)), ("image", "b.png", try Images.png(2))])
            for metric in ["ssim", "tiny"] {
                let answer = try service.post("/v1/heatmap?metric=\(metric)", form)
                #expect(answer.headers["content-type"] == "image/png")
                let image = try Image(decoding: answer.body, name: "map")
                #expect(image.width == 40 && image.height == 30)
                let values = try service.post(
                    "/v1/heatmap?metric=\(metric)", form, headers: ["Accept: application/json"])
                #expect(try values.json()["metric"] != nil)
            }
        }
    }

    @Test(
        "refuses parameters without a meaning, and says which there are",
        arguments: [
            "metrc=ssim", "metric=nothing", "resize=1", "resize=x", "resize=%2B64", "resize=064", "resize=64.0",
            "resize=%2064", "metric=a&metric=b", "metric=", "metric=%zz",
        ])
    func parameters(_ query: String) async throws {
        try await SmallService.with { service, _ in
            let png = try Images.png(1)
            let answer = try service.post("/v1/compare?\(query)", Form([("reference", "a", png), ("image", "b", png)]))
            #expect(answer.status == 400)
            #expect(try answer.json()["type"] as? String == "urn:dreamsim:problem:bad-parameter")
        }
    }
}
