import DreamSimCodecs
import DreamSimImages
import Foundation
import TestSupport
import Testing

/// `dreamsim evaluate robustness` as people use it.
@Suite("Robustness by command")
struct RobustnessCommandTests {
    /// Four different images, one of them twice, and a file that is none.
    static func withImages(_ body: (CommandTests.Bench) throws -> Void) throws {
        try CommandTests.withBench { bench in
            let scene = try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/different.jpg"))
                .resized(width: 80, height: 60)
            try scene.write(to: bench.images.appending(path: "d.png"))
            try scene.write(to: bench.images.appending(path: "e.png"))
            try Data("text".utf8).write(to: bench.images.appending(path: "f.jpg"))
            try body(bench)
        }
    }

    @Test("Every layout has every metric and alteration", arguments: ["table", "json", "ndjson", "csv"])
    func formats(format: String) throws {
        try Self.withImages { bench in
            let run = try bench.run(
                [
                    "evaluate", "robustness", bench.images.path, "--metric", "ssim,psnr", "--format", format,
                    "--distractors", "2",
                ] + bench.model)
            #expect(run.code == 0, "\(run.error)")
            #expect(run.error.contains("f.jpg") && run.error.contains("1 image is left out, being equal"))
            for text in ["tiny", "ssim", "psnr", "blur 0.571 px", "JPEG quality 10", "rotation 5°"] {
                #expect(run.output.contains(text), "\(text)")
            }
            switch format {
            case "json":
                let report = try run.json()
                let metrics = try #require(report["metrics"] as? [[String: Any]])
                #expect(metrics.map { $0["name"] as? String } == ["tiny", "ssim", "psnr"])
                #expect(metrics.map { $0["candidates"] as? Int } == [4, 3, 3])
                #expect(report["images"] as? Int == 4 && report["side"] as? Int == 64)
                #expect((report["failures"] as? [Any])?.count == 1 && (report["duplicates"] as? [Any])?.count == 1)
                let results = try #require(report["results"] as? [[String: Any]])
                #expect(results.count == 13)
                for entry in results {
                    #expect((entry["values"] as? [String: Any])?.count == 3)
                    let shares = try #require(entry["shares"] as? [String: Double])
                    let recalls = try #require(entry["recallAt1"] as? [String: Double])
                    #expect(shares.count == 3 && shares.values.allSatisfy { $0 > 0 })
                    #expect(recalls.count == 3 && recalls.values.allSatisfy { (0...1).contains($0) })
                }
            case "ndjson":
                let lines = try run.output.split(separator: "\n").map {
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                }
                #expect(lines.count == 39)
                #expect(lines.allSatisfy { ($0?["metrics"] as? [Any])?.count == 1 && $0?["share"] is Double })
            case "csv":
                let lines = run.output.split(separator: "\n")
                #expect(lines.count == 40 && lines[0].hasPrefix("metric,alteration,strength,unit,label,value,share,"))
            default:
                #expect(run.output.hasPrefix("altered by"))
                #expect(run.output.contains("candidates: 4 (tiny), 3 (ssim, psnr)"))
            }
        }
    }

    @Test(
        "Alterations are chosen with strengths or without, a plot is written, and a run repeats",
        arguments: ["png", "svg", "html"])
    func plots(format: String) throws {
        try Self.withImages { bench in
            let plot = bench.home.appending(path: "plot.\(format)")
            let runs = try (0..<2).map { _ in
                try bench.run([
                    "evaluate", "robustness", bench.images.path, "--metric", "l1,mse", "--side", "100", "--alteration",
                    "noise, blur:2,shuffle:1", "-o", plot.path, "--quiet",
                ])
            }
            #expect(runs[0].code == 0 && runs[0].error.isEmpty, "\(runs[0].error)")
            #expect(runs[0].output == runs[1].output)
            let rows = runs[0].output.split(separator: "\n")
            #expect(rows.count == 3)
            for (row, label) in zip(rows, ["noise 25 of 255", "blur 2 px", "shuffle 2 x 2"]) {
                #expect(row.hasPrefix(label), "\(row)")
            }
            #expect(try Data(contentsOf: plot).count > 2000)
        }
    }

    @Test("Metrics without values are errors where they were named, and notes where all were asked for")
    func metrics() throws {
        try Self.withImages { bench in
            func run(_ metric: String) throws -> CommandRun {
                try bench.run([
                    "evaluate", "robustness", bench.images.path, "--metric", metric, "--side", "64", "--alteration",
                    "mirror",
                ])
            }
            // ms-ssim needs 161 pixels or more.
            let named = try run("l1,ms-ssim")
            #expect(named.code == 2 && named.error.contains("error: ms-ssim: needs images of at least"))
            #expect(named.output.contains("mirror") && named.output.contains("l1: lower is more alike"))
            let all = try run("all")
            #expect(all.code == 0 && all.error.contains("note: ms-ssim: needs"), "\(all.error)")
        }
    }

    @Test(
        "What is not understood ends with 64 and says what",
        arguments: [
            (["--alteration", "bend"], "there are hue, desaturation"), (["--alteration", "blur:99"], "from 0 to 25"),
            (["--alteration", "blur:x"], "% of the shorter side"), (["--alteration", "blur,"], "there are"),
            (["-o", "plot.pdf"], ".svg or .html"), (["-o", "photos"], "must end"), (["--limit", "1"], "--limit"),
            (["--distractors", "0"], "--distractors"), (["--metric", "l1,"], "a name is missing"),
            (["--split", "test"], "unknown option '--split'"),
        ])
    func usage(arguments: [String], mention: String) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(["evaluate", "robustness", "photos"] + arguments, home: home)
            #expect(run.code == 64 && run.output.isEmpty, "\(run.error)")
            #expect(run.error.contains(mention), "\(run.error)")
        }
    }

    @Test("Without images, or with one, it fails and says why")
    func refused() throws {
        try CommandTests.withBench { bench in
            func run(_ path: String, _ more: String...) throws -> CommandRun {
                try bench.run(["evaluate", "robustness", path, "--metric", "l1"] + more)
            }
            let empty = bench.home.appending(path: "empty")
            try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
            for (path, mention) in [
                (empty.path, "no image was found; looked for are .avif"), (bench.image("a.png"), "has one image"),
                (bench.image("nothing.png"), "cannot open it"),
            ] {
                let run = try run(path)
                #expect(run.code == 2 && run.output.isEmpty && run.error.contains(mention), "\(run.error)")
            }
            let plot = try run(bench.images.path, "-o", bench.home.path + "/no/such/plot.png")
            let photo = try run(bench.images.path, "-o", bench.image("b.jpg"))
            #expect(photo.code == 64 && photo.output.isEmpty && photo.error.contains("overwrite"), "\(photo.error)")
            #expect(
                plot.code == 64 && plot.output.isEmpty && plot.error.contains("there is no folder"), "\(plot.error)")
        }
    }

    @Test("The layouts of judgments are taken with and without the name of their subcommand")
    func judgments() throws {
        try Fixtures.withTemporaryFolder { home in
            let set = try EvaluateTests.triplets(4, side: 24, in: home)
            let arguments = ["triplets", set, "--metric", "mse", "--format", "csv", "--no-cache"]
            let runs = try [["evaluate"], ["evaluate", "judgments"]].map { try CommandRun($0 + arguments, home: home) }
            #expect(runs[0].code == 0 && runs[0].output == runs[1].output, "\(runs[0].error)")
            let wrong = try CommandRun(["evaluate", "robustnes", set], home: home)
            #expect(wrong.code == 64 && wrong.error.contains("nights"), "\(wrong.error)")
            let folder = try CommandRun(["evaluate", "nights", home.path, "--metric", "mse"], home: home)
            #expect(folder.code == 2 && folder.error.contains("data.csv"))
        }
    }
}
