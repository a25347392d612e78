import DreamSim
import Foundation
import TestSupport
import Testing

/// Many metrics at once: compare, vote, pairs of a table, folders by name, and the list of metrics.
@Suite("The command with many metrics")
struct MetricsCommandTests {
    /// A bench whose images all have one size: `a.png`, `near.png`, `far.png`, and another size in `small.png`.
    static func withBench(_ body: (CommandTests.Bench) throws -> Void) throws {
        try CommandTests.withBench { bench in
            try FileManager.default.removeItem(at: bench.images)
            try FileManager.default.createDirectory(at: bench.images, withIntermediateDirectories: true)
            let image = try Image(contentsOf: Fixtures.file("formats/rgb.png"))
            func write(_ name: String, _ change: (UInt8) -> UInt8) throws {
                try Image(width: image.width, height: image.height, pixels: image.pixels.map(change))
                    .write(to: bench.images.appending(path: name))
            }
            try write("a.png") { $0 }
            try write("near.png") { $0 / 8 * 8 }
            try write("far.png") { 255 - $0 }
            try image.resized(width: 50, height: 40).write(to: bench.images.appending(path: "small.png"))
            try body(bench)
        }
    }

    @Test(
        "compare shows a column for each metric, its way, and ranks each",
        arguments: ["json", "ndjson", "csv", "table"])
    func compare(format: String) throws {
        try Self.withBench { bench in
            let run = try bench.run(
                ["compare", bench.image("a.png"), bench.image("far.png"), bench.image("a.png")]
                    + [bench.image("near.png"), "--metric", "psnr,ssim", "--metric", "l1", "--format", format])
            #expect(run.code == 0, "\(run.error)")
            #expect(run.output.contains("lower is more alike") && run.output.contains("higher is more alike"))
            #expect(run.output.contains("inf") && run.output.contains("full size, EXIF applied"))
            switch format {
            case "json":
                let results = try #require(try run.json()["results"] as? [[String: Any]])
                #expect(results.map { ($0["image"] as? String)?.hasSuffix("a.png") } == [true, false, false])
                #expect((results[0]["values"] as? [String: Any])?["psnr"] as? String == "inf")
                #expect(
                    results.map { ($0["ranks"] as? [String: Int]) }
                        == (1...3).map { ["psnr": $0, "ssim": $0, "l1": $0] })
            case "csv":
                let lines = run.output.split(separator: "\n")
                #expect(lines[0] == "rank,image,psnr,ssim,l1,reference,rankedBy,directions,weights,preprocessing,error")
                #expect(lines[1].contains(",inf,1.0,0.0,"))
            case "table": #expect(run.output.hasPrefix("rank    psnr ↑    ssim ↑     l1 ↓  image\n"))
            default: #expect(run.output.split(separator: "\n").count == 3)
            }
        }
    }

    @Test("A model among metrics has the distance that it has alone, and --model comes first")
    func model() throws {
        try Self.withBench { bench in
            let pair = ["compare", bench.image("a.png"), bench.image("far.png"), "--format", "json"] + bench.model
            let alone = try bench.run(pair)
            let together = try bench.run(pair + ["--metric", "l1"])
            #expect(alone.code == 0 && together.code == 0, "\(together.error)")
            let values = try [alone, together].map { run in
                (try run.json()["results"] as? [[String: Any]])?.first?["values"] as? [String: Double]
            }
            #expect(try together.json()["rankedBy"] as? String == "tiny")
            #expect(values[0]?.keys.sorted() == ["tiny"] && values[1]?.keys.sorted() == ["l1", "tiny"])
            #expect(values[0]?["tiny"] == values[1]?["tiny"])
        }
    }

    @Test("--metric with the name of a model is the same as --model")
    func sameAsModel() throws {
        try Self.withBench { bench in
            let pair = ["compare", bench.image("a.png"), bench.images.path, "--format", "csv", "--side", "64"]
            let outputs = try ["--model", "--metric"].map { try bench.run(pair + [$0, bench.model[1]]).output }
            #expect(outputs[0] == outputs[1] && outputs[0].hasPrefix("rank,image,tiny,reference,rankedBy,directions,"))
        }
    }

    @Test("Sizes that differ are refused with advice, and --resize helps")
    func sizes() throws {
        try Self.withBench { bench in
            let pair = ["compare", bench.image("a.png"), bench.image("small.png"), bench.image("near.png")]
            let run = try bench.run(pair + ["--metric", "ssim,l1", "--format", "json"])
            #expect(run.code == 2 && run.error.contains("--resize") && run.error.contains("small.png"))
            let counts = try ["results", "failures"].map { key in (try run.json()[key] as? [Any])?.count }
            #expect(counts == [1, 1])
            let mixed = try bench.run(pair + ["--metric", "ssim", "--format", "json"] + bench.model)
            #expect(mixed.code == 2)
            let results = try #require(try mixed.json()["results"] as? [[String: Any]])
            #expect(results.count == 2 && results.contains { $0["errors"] != nil })
            let resized = try bench.run(pair + ["--metric", "ssim,l1", "--resize", "64"])
            #expect(resized.code == 0 && resized.output.contains("resized to 64x64"), "\(resized.error)")
        }
    }

    @Test("'all' takes every metric that is ready, and says what it leaves out")
    func all() throws {
        try Self.withBench { bench in
            let run = try bench.run(
                ["compare", bench.image("a.png"), bench.image("near.png"), "--metric", "all", "--format", "json"])
            #expect(run.code == 0, "\(run.error)")
            #expect(
                run.error.contains("left out") && run.error.contains("ensemble") && run.error.contains("models pull"))
            let results = try #require(try run.json()["results"] as? [[String: Any]])
            let values = try #require(results[0]["values"] as? [String: Any])
            for name in ["l1", "psnr", "ssim", "ssim:piq", "ms-ssim"] { #expect(values[name] != nil, "\(name)") }
        }
    }

    private static let home = (try? ModelStore.Configuration.fromEnvironment()).flatMap { store in
        Catalog.resolved(Catalog.defaultModel, in: ModelStore(store)) == "lite"
            && Catalog.model(named: "lite")?.isReady(in: ModelStore(store)) == true ? store.home : nil
    }

    @Test(
        "'all' ranks by the default model where that is here",
        .enabled(if: home != nil, "needs the weights of lite, of 'make demo'"))
    func leader() throws {
        let home = try #require(Self.home)
        try Self.withBench { bench in
            let run = try CommandRun(
                [
                    "compare", bench.image("a.png"), bench.image("near.png"), "--metric", "all", "--resize", "64",
                    "--format", "json",
                ],
                home: bench.home, environment: ["DREAMSIM_HOME": home.path])
            #expect(run.code == 0, "\(run.error)")
            #expect(try run.json()["rankedBy"] as? String == "lite")
            let metrics = try #require(try run.json()["metrics"] as? [[String: Any]])
            #expect(metrics.first?["name"] as? String == "lite" && metrics.count > 5)
        }
    }

    @Test("--fail-above and --fail-below follow the metric's direction")
    func thresholds() throws {
        try Self.withBench { bench in
            let pair = ["compare", bench.image("a.png"), bench.image("near.png"), "--metric", "ssim,l1"]
            let limits = [
                ["--fail-below", "0.5"], ["--fail-below", "0.99999"], ["--fail-above", "l1=0.5"],
                ["--fail-above", "l1=0.001"], ["--fail-below", "0.5", "--fail-above", "l1=0.001"],
            ]
            let codes = try limits.map { try bench.run(pair + $0).code }
            #expect(codes == [0, 1, 0, 1, 1])
            let twice = try bench.run(pair + ["--fail-above", "l1=0.5", "--fail-above", "l1=0.001"])
            #expect(twice.code == 64 && twice.error.contains("l1: is limited twice"), "\(twice.error)")
        }
    }

    @Test(
        "What is not understood ends with 64 and says what",
        arguments: [
            (["compare", "a", "b", "--metric", "ssim", "--fail-above", "0.5"], "--fail-below"),
            (["compare", "a", "b", "--metric", "l1", "--fail-below", "0.5"], "--fail-above"),
            (["compare", "a", "b", "--metric", "l1", "--fail-above", "ssim=0.5"], "ssim"),
            (["compare", "a", "b", "--metric", "l1", "--fail-above", "7"], "from 0"),
            (["compare", "a", "b", "--metric", "l1", "--fail-above", "l1=0.2,l1=0.1"], "takes one limit"),
            (["compare", "a", "b", "--metric", "l1", "--fail-above", "x"], "--fail-above"),
            (["compare", "a", "b", "--metric", "l1,,ssim"], "a name is missing"),
            (["compare", "a", "b", "--metric", "l1", "--resize", "0"], "--resize"),
            (["compare", "a", "b", "--metric", "l1,ssim", "--rank-by", "mse"], "--rank-by"),
            (["compare", "a", "--pairs", "x.csv"], "--pairs"), (["compare", "a", "b", "c", "--by-name"], "--by-name"),
            (["compare", "--pairs", "x.csv", "--sheet", "s.png"], "--sheet"), (["compare", "a"], "Missing"),
            (["compare", "/tmp", "/dev/null", "--by-name"], "/dev/null"),
        ])
    func usage(arguments: [String], mention: String) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(arguments, home: home)
            #expect(run.code == 64 && run.output.isEmpty, "\(run.error)")
            #expect(run.error.contains(mention), "\(run.error)")
        }
    }

    @Test("A name that is no metric's is refused, with what comes near")
    func unknownName() throws {
        try Self.withBench { bench in
            let run = try bench.run(["compare", bench.image("a.png"), bench.image("a.png"), "--metric", "ms-ssi"])
            #expect(run.code == 2 && run.error.contains("'ms-ssim'"), "\(run.error)")
        }
    }

    @Test("--sheet draws every metric")
    func sheet() throws {
        try Self.withBench { bench in
            let files = ["one.png", "three.png"].map { bench.home.appending(path: $0) }
            for (file, names) in zip(files, ["ssim", "ssim,psnr,l1"]) {
                let run = try bench.run(
                    ["compare", bench.image("a.png"), bench.image("near.png"), bench.image("far.png")]
                        + ["--metric", names, "--sheet", file.path])
                #expect(run.code == 0, "\(run.error)")
            }
            let heights = try files.map { try Image(contentsOf: $0).height }
            #expect(heights[1] > heights[0])
        }
    }

    @Test("vote shows each metric's choice", arguments: ["json", "ndjson", "csv", "table"])
    func vote(format: String) throws {
        try Self.withBench { bench in
            let run = try bench.run(
                ["vote", bench.image("a.png"), bench.image("far.png"), bench.image("near.png")]
                    + ["--metric", "psnr,l1", "--format", format])
            #expect(run.code == 0, "\(run.error)")
            #expect(run.output.contains("lower is more alike") && run.output.contains("higher is more alike"))
            if format == "json" {
                let votes = try #require(try run.json()["votes"] as? [[String: Any]])
                #expect(votes.map { $0["choice"] as? String } == ["B", "B"])
            }
            let quiet = try bench.run(
                ["vote", bench.image("a.png"), bench.image("near.png"), bench.image("far.png")]
                    + ["--metric", "psnr,l1", "--quiet"])
            #expect(quiet.output == "psnr A\nl1 A\n")
        }
    }

    @Test(
        "A table of pairs: columns pass through, a bad row or image is one failure",
        arguments: ["json", "ndjson", "csv", "table"])
    func pairs(format: String) throws {
        try Self.withBench { bench in
            let table = bench.images.appending(path: "pairs.csv")
            try Data("no image".utf8).write(to: bench.images.appending(path: "bad.png"))
            try Data(
                "id,a,b,psnr\n7,a.png,near.png,old\n8,a.png,bad.png,old\n9,a.png\n10,a.png,a.png,\"x,y\"\n".utf8
            ).write(to: table)
            let run = try bench.run(
                ["compare", "--pairs", table.path, "--metric", "psnr,l1", "--format", format] + bench.model)
            #expect(run.code == 2)
            #expect(run.error.contains("bad.png") && run.error.contains("line 4"))
            switch format {
            case "csv":
                let lines = run.output.split(separator: "\n").map(String.init)
                #expect(
                    lines[0] == "id,a,b,psnr,tiny,psnr_2,l1,directions,weights,preprocessing,error" && lines.count == 5)
                #expect(lines[1].hasPrefix("7,a.png,near.png,old,") && lines[1].hasSuffix(","))
                #expect(lines[2].hasPrefix("8,a.png,bad.png,old,,,,") && lines[2].contains("bad.png: "))
                #expect(lines[3].hasPrefix("9,a.png,,,,,,"))
                #expect(lines[4].hasPrefix("10,a.png,a.png,\"x,y\",0.0,inf,0.0,"))
            case "json":
                let results = try #require(try run.json()["results"] as? [[String: Any]])
                #expect(results.map { ($0["columns"] as? [String: String])?["id"] } == ["7", "8", "9", "10"])
                #expect(results.map { $0["error"] != nil } == [false, true, true, false])
                #expect(try run.json()["failed"] as? Int == 2)
                #expect((results[0]["imageB"] as? String)?.hasPrefix("/") == true)
            case "ndjson": #expect(run.output.split(separator: "\n").count == 4)
            default: #expect(run.output.contains("4 pairs, 2 could not be compared"))
            }
        }
    }

    @Test("Folders by name: pairs whatever the extension; what has no partner is a failure")
    func byName() throws {
        try Self.withBench { bench in
            let other = bench.home.appending(path: "other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            try Image(contentsOf: bench.images.appending(path: "near.png")).write(to: other.appending(path: "a.jpg"))
            let run = try bench.run(
                ["compare", bench.images.path, other.path, "--by-name", "--metric", "ssim", "--format", "csv"])
            #expect(run.code == 2 && run.error.contains("far.png: has no partner"))
            let lines = run.output.split(separator: "\n")
            #expect(lines.count == 5 && lines[1].contains("a.png,") && lines[1].contains("a.jpg,0."))
            let json = try bench.run(
                ["compare", bench.images.path, other.path, "--by-name", "--metric", "ssim", "--format", "json"]
            ).json()
            #expect(try JSONSchema("pairs").faults(of: json) == [])
            let results = try #require(json["results"] as? [[String: Any]])
            #expect(results.allSatisfy { $0["columns"] == nil } && results[0]["imageB"] != nil)
            #expect(results[1]["imageA"] as? String == bench.image("far.png") && results[1]["imageB"] == nil)
            for name in ["far.png", "near.png", "small.png"] {
                try FileManager.default.removeItem(at: bench.images.appending(path: name))
            }
            let good = try bench.run(
                ["compare", bench.images.path, other.path, "--by-name", "--metric", "ssim", "--fail-below", "0.5"])
            #expect(good.code == 0, "\(good.error)")
        }
    }

    @Test("metrics lists every name with its way and its range", arguments: ["json", "ndjson", "csv", "table"])
    func list(format: String) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(["metrics", "--format", format], home: home)
            #expect(run.code == 0)
            for name in ["l1", "ssim:skimage", "ms-ssim", "ensemble"] { #expect(run.output.contains(name)) }
            guard format == "json" else { return }
            let rows = try #require(
                try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
            let psnr = try #require(rows.first { $0["name"] as? String == "psnr" })
            #expect(psnr["direction"] as? String == "higher is more alike" && psnr["highest"] as? String == "inf")
            #expect(psnr["state"] as? String == "ready" && psnr["kind"] as? String == "metric")
            #expect(psnr["hasGradient"] as? Bool == true && psnr["isSpatial"] as? Bool == true)
            #expect(psnr["precisions"] as? [String] == ["float32"])
            let ensemble = try #require(rows.first { $0["name"] as? String == "ensemble" })
            #expect(ensemble["state"] as? String == "weights missing" && ensemble["hasGradient"] as? Bool == true)
            // A product over scales has no place for a map.
            #expect(rows.first { $0["name"] as? String == "ms-ssim" }?["isSpatial"] as? Bool == false)
        }
    }

    @Test("A comparison of which nothing could be measured writes errors only", arguments: ["mse,ssim", nil])
    func nothingMeasured(metrics: String?) throws {
        try CommandTests.withBench { bench in
            let choice = metrics.map { ["--metric", $0] } ?? bench.model
            let run = try bench.run(
                ["compare", bench.image("a.png"), bench.image("gone.png")] + choice)
            #expect(run.code == 2 && run.output.isEmpty, "\(run.output)")
            #expect(run.error.contains("gone.png"))
        }
    }
}
