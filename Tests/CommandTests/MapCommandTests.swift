import DreamSimCodecs
import DreamSimImages
import Foundation
import TestSupport
import Testing

@Suite("Maps and analyses by command")
struct MapCommandTests {
    /// Two images of one size, and a mask whose left half is white.
    static func withPair(_ body: (CommandTests.Bench, _ a: String, _ b: String, _ mask: String) throws -> Void) throws {
        try CommandTests.withBench { bench in
            let scene = try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/scene.jpg"))
                .resized(width: 90, height: 60)
            let left = Image(
                width: 90, height: 60,
                pixels: (0..<16200).map { (index: Int) -> UInt8 in index / 3 % 90 < 45 ? 255 : 0 })
            let noisy = try Alteration.noise.applied(to: scene, strength: 20, seed: 1)
            let files = ["one.png", "two.png", "mask.png"].map { bench.home.appending(path: $0) }
            for (image, file) in zip([scene, noisy, left], files) { try image.write(to: file) }
            try body(bench, files[0].path, files[1].path, files[2].path)
        }
    }

    @Test("heatmap draws every layout and kind", arguments: ["sheet", "overlay", "plain"])
    func heatmap(layout: String) throws {
        try Self.withPair { bench, a, b, _ in
            let file = bench.home.appending(path: "map.png")
            for extra in [
                bench.model, ["--metric", "mse"], ["--metric", "ssim"], bench.model + ["--kind", "rollout"],
            ] {
                let run = try bench.run(["heatmap", a, b, "-o", file.path, "--layout", layout] + extra)
                #expect(run.code == 0 && run.output.isEmpty, "\(run.error)")
                let image = try Image(contentsOf: file)
                #expect(layout == "plain" ? image.width == 90 && image.height == 60 : image.width > 150)
            }
            let one = try bench.run(["heatmap", a, "-o", file.path, "--kind", "attention"] + bench.model)
            #expect(one.code == 0, "\(one.error)")
        }
    }

    @Test("heatmap writes raw values, and a mask leaves its black part at 0")
    func values() throws {
        try Self.withPair { bench, a, b, mask in
            let (image, json) = (bench.home.appending(path: "m.jpg").path, bench.home.appending(path: "m.json"))
            let run = try bench.run(
                ["heatmap", a, b, "-o", image, "--values", json.path, "--metric", "l1", "--mask", mask])
            #expect(run.code == 0, "\(run.error)")
            let object = try JSONSerialization.jsonObject(with: Data(contentsOf: json)) as? [String: Any]
            let map = try #require((object?["maps"] as? [[String: Any]])?.first)
            let values = try #require(map["values"] as? [Double])
            #expect(values.count == 5400)
            let right = values.indices.filter { $0 % 90 >= 45 }.map { values[$0] }
            #expect(right.allSatisfy { $0 == 0 })
            #expect(values.contains { $0 > 0 })
            #expect(((object?["mask"] as? [String: Any])?["share"] as? Double) == 0.5)
        }
    }

    @Test("compare --mask limits every metric, and says so", arguments: ["mse", "ssim", "tiny"])
    func compare(metric: String) throws {
        try Self.withPair { bench, a, b, mask in
            let name = metric == "tiny" ? bench.model : ["--metric", metric]
            let whole = try bench.run(["compare", a, b, "--format", "json"] + name)
            let limited = try bench.run(["compare", a, b, "--format", "json", "--mask", mask] + name)
            #expect(whole.code == 0 && limited.code == 0, "\(limited.error)")
            #expect(limited.output.contains("limited to") && limited.output.contains("50 %"))
            #expect(!whole.output.contains("limited to"))
            let resized = try bench.run(["compare", a, b, "--mask", mask, "--resize", "32"] + name)
            #expect(resized.code == 64 && resized.error.contains("--resize"))
        }
    }

    @Test("sensitivity writes every layout", arguments: ["png", "svg", "html", "csv", "json"])
    func sensitivity(format: String) throws {
        try Self.withPair { bench, a, b, _ in
            let file = bench.home.appending(path: "s.\(format)")
            let run = try bench.run([
                "sensitivity", a, "--metric", "mse,ssim", "-o", file.path, "--alteration", "blur,mirror", "--unrelated",
                b,
                "--sheet", bench.home.appending(path: "sheet.png").path,
            ])
            #expect(run.code == 0, "\(run.error)")
            #expect(try Data(contentsOf: file).count > 500)
        }
    }

    @Test("foreground compares the parts, in every layout", arguments: ["table", "json", "ndjson", "csv"])
    func foreground(format: String) throws {
        try Self.withPair { bench, a, b, mask in
            let image = bench.home.appending(path: "f.png")
            let run = try bench.run([
                "foreground", a, b, "--metric", "mse", "--method", "mask", "--mask", mask, "--format", format,
                "--sheet",
                image.path,
            ])
            #expect(run.code == 0 && run.output.contains("mse"), "\(run.error)")
            #expect(try Image(contentsOf: image).width > 500)
            let attention = try bench.run(["foreground", a, b, "--method", "attention"] + bench.model)
            #expect(attention.code == 0, "\(attention.error)")
        }
    }

    @Test(
        "What is not understood ends with 64 and says what",
        arguments: [
            (["heatmap", "a.png", "-o", "o.png"], "two images"), (["heatmap", "a.png", "b.png"], "--output"),
            (["heatmap", "a.png", "b.png", "-o", "o.gif"], ".png"),
            (["heatmap", "a.png", "b.png", "-o", "a.png"], "overwrite"),
            (["heatmap", "a.png", "b.png", "-o", "o.png", "--values", "b.png"], "overwrite"),
            (["heatmap", "a.png", "b.png", "-o", "o.png", "--mask", "o.png"], "overwrite"),
            (["heatmap", "a.png", "b.png", "-o", "o.png", "--values", "o.xyz"], ".npy"),
            (["heatmap", "a.png", "b.png", "-o", "o.png", "--opacity", "2"], "--opacity"),
            (["heatmap", "a.png", "b.png", "-o", "o.png", "--max", "nan"], "--max"),
            (["heatmap", "a.png", "b.png", "-o", "o.png", "--kind", "x"], "--kind"),
            (["heatmap", "a.png", "-o", "o.png", "--kind", "rollout", "--mask", "m.png"], "--mask"),
            (["sensitivity", "a.png", "-o", "o.txt"], ".svg"), (["sensitivity", "a.png", "-o", "a.png"], "overwrite"),
            (["sensitivity", "a.png", "-o", "o.png", "--alteration", "bend"], "bend"),
            (["sensitivity", "a.png", "-o", "o.png", "--metric", ","], "--metric"),
            (["sensitivity", "a.png", "-o", "o.png", "--longest-side", "3"], "--longest-side"),
            (["sensitivity", "a.png", "-o", "o.png", "--sheet", "o.png"], "--sheet"),
            (["foreground", "a.png", "b.png", "--method", "mask"], "--mask"),
            (["foreground", "a.png", "b.png", "--mask", "m.png"], "--method mask"),
            (["foreground", "a.png", "b.png", "--threshold", "1.5"], "--threshold"),
            (["foreground", "a.png", "b.png", "--sheet", "b.png"], "overwrite"),
        ])
    func usage(arguments: [String], mention: String) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(arguments, home: home)
            #expect(run.code == 64 && run.output.isEmpty, "\(run.error)")
            #expect(run.error.contains(mention), "\(run.error)")
        }
    }

    @Test("What cannot be done ends with 2 and says why", arguments: 0..<6)
    func refused(index: Int) throws {
        try Self.withPair { bench, a, b, mask in
            let black = bench.home.appending(path: "black.png")
            try Image(width: 90, height: 60, filledWith: .black).write(to: black)
            let small = bench.home.appending(path: "small.png")
            try Image(width: 9, height: 6, filledWith: .white).write(to: small)
            let out = ["-o", bench.home.appending(path: "o.png").path]
            let cases: [(arguments: [String], mention: String)] = [
                (["heatmap", a, b, "--metric", "mse", "--mask", black.path] + out, "white is what counts"),
                (["heatmap", a, b, "--metric", "mse", "--mask", small.path] + out, "9x6"),
                (["heatmap", a, b, "--metric", "mse", "--mask", mask, "--masked", "removed"] + out, "attention"),
                (["heatmap", a, b, "--metric", "ms-ssim"] + out, "no map"),
                (["heatmap", a, "--metric", "mse", "--kind", "rollout"] + out, "no attention"),
                (["foreground", a, b, "--metric", "mse", "--method", "mask", "--mask", small.path], "9x6"),
            ]
            let run = try bench.run(cases[index].arguments)
            #expect(run.code == 2 && run.output.isEmpty, "\(run.error)")
            #expect(run.error.contains(cases[index].mention), "\(run.error)")
            #expect(!FileManager.default.fileExists(atPath: bench.home.appending(path: "o.png").path))
        }
    }
}
