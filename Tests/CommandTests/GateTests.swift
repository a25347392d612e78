import Foundation
import TestSupport
import Testing

/// Limits that let a script fail: in every layout and in every way of comparing, what fails is named.
@Suite("Gates of compare")
struct GateTests {
    /// What is compared: `a.png` with itself, with `near.png` and with `far.png`, as a ranking, as a table of pairs and as two
    /// folders.
    private static let ways = ["ranking", "pairs", "by name"]
    private static let formats = ["table", "json", "ndjson", "csv"]

    /// The arguments of a way. Names are those of the compared images; `broken.png` is no image.
    private static func arguments(
        _ way: String, _ names: [String], _ bench: CommandTests.Bench
    ) throws -> [String] {
        try Data("no image".utf8).write(to: bench.images.appending(path: "broken.png"))
        switch way {
        case "ranking": return ["compare", bench.image("a.png")] + names.map(bench.image)
        case "pairs":
            let table = bench.images.appending(path: "pairs.csv")
            try Data(("a,b\n" + names.map { "a.png,\($0)\n" }.joined()).utf8).write(to: table)
            return ["compare", "--pairs", table.path]
        default:
            let folders = ["expected", "rendered"].map { bench.home.appending(path: $0) }
            for (folder, isFirst) in zip(folders, [true, false]) {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                for name in names {
                    try FileManager.default.copyItem(
                        atPath: bench.image(isFirst ? "a.png" : name), toPath: folder.appending(path: name).path)
                }
            }
            return ["compare", folders[0].path, folders[1].path, "--by-name"]
        }
    }

    /// Whether each image passes, by its name, as an output says it.
    private static func passes(_ run: CommandRun, _ format: String) throws -> [String: Bool] {
        func name(_ path: Any?) -> String { (path as? String)?.split(separator: "/").last.map(String.init) ?? "" }
        func word(_ text: some StringProtocol) -> Bool? {
            ["true": true, "yes": true, "false": false, "no": false][String(text)]
        }
        switch format {
        case "json", "ndjson":
            let results =
                format == "json"
                ? try run.json()["results"] as? [[String: Any]] ?? []
                : try run.output.split(separator: "\n").compactMap {
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                }
            return Dictionary(
                uniqueKeysWithValues: results.compactMap { result in
                    (result["pass"] as? Bool).map { (name(result["image"] ?? result["imageB"]), $0) }
                })
        case "csv":
            let rows = run.output.split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            let image = try #require(rows[0].firstIndex { $0 == "image" || $0 == "b" })
            let pass = try #require(rows[0].firstIndex(of: "pass"))
            return Dictionary(
                uniqueKeysWithValues: rows.dropFirst().compactMap { row in
                    word(row[pass]).map { (name(String(row[image])), $0) }
                })
        default:
            let rows = run.output.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
                .map { $0.split(separator: " ").map(String.init) }
            let pass = try #require(rows[0].firstIndex(of: "pass"))
            // A title with an arrow is two words.
            let column = pass - rows[0].count { ["↑", "↓"].contains($0) }
            return Dictionary(
                uniqueKeysWithValues: rows.dropFirst().compactMap { row in
                    word(row[column]).map { (name(row.last { $0.hasSuffix(".png") }), $0) }
                })
        }
    }

    @Test("Every result says whether it passes, in every layout, and what fails is named", arguments: ways, formats)
    func pass(way: String, format: String) throws {
        try MetricsCommandTests.withBench { bench in
            let arguments = try Self.arguments(way, ["a.png", "near.png", "far.png"], bench)
            let options = ["--metric", "l1,ssim", "--format", format]
            let run = try bench.run(arguments + options + ["--fail-above", "0.1", "--fail-below", "ssim=0.5"])
            #expect(run.code == 1, "\(run.error)")
            #expect(try Self.passes(run, format) == ["a.png": true, "near.png": true, "far.png": false])
            #expect(run.error.contains("1 of 3") && run.error.contains("far.png (l1 0."), "\(run.error)")
            if format == "json" {
                #expect(try JSONSchema(way == "ranking" ? "compare" : "pairs").faults(of: run.json()) == [])
                #expect(try run.json()["pass"] as? Bool == false)
                #expect(try run.json()["limits"] as? [String: Double] == ["l1": 0.1, "ssim": 0.5])
            }
            let good = try bench.run(arguments + options + ["--fail-above", "1"])
            #expect(good.code == 0 && !good.error.contains("of 3"), "\(good.error)")
            #expect(try Self.passes(good, format) == ["a.png": true, "near.png": true, "far.png": true])
            // Without a limit nothing passes or fails.
            let free = try bench.run(arguments + options)
            #expect(free.code == 0 && !free.output.contains("pass"))
        }
    }

    @Test("What cannot be judged does not pass, and is told apart from what is beyond its limit", arguments: ways)
    func unjudged(way: String) throws {
        try MetricsCommandTests.withBench { bench in
            let names = ["a.png", "far.png", "broken.png"]
            let arguments = try Self.arguments(way, names, bench)
            for format in ["csv", "ndjson"] {
                let run = try bench.run(arguments + ["--metric", "l1", "--format", format, "--fail-above", "0.1"])
                #expect(run.code == 2, "\(run.error)")
                #expect(try Self.passes(run, format) == ["a.png": true, "far.png": false, "broken.png": false])
                #expect(run.error.contains("2 of 3") && run.error.contains("broken.png (could not be compared)"))
            }
            let json = try bench.run(arguments + ["--metric", "l1", "--format", "json", "--fail-above", "1"]).json()
            #expect(json["pass"] as? Bool == false)
        }
    }

    @Test("A limit of a metric that has no value, or is not measured at all, does not let everything pass")
    func withoutValue() throws {
        try MetricsCommandTests.withBench { bench in
            let pair = ["compare", bench.image("a.png"), bench.image("small.png"), "--metric", "all"]
            // No full-size metric compares images of two sizes; with all of them that is no error of its own.
            let run = try bench.run(pair + bench.model + ["--fail-above", "l1=1"])
            #expect(run.code == 1 && run.error.contains("l1 has no value"), "\(run.error)")
            let absent = try bench.run(pair + ["--fail-above", "lpips-alex=2"])
            #expect(absent.code == 64 && absent.output.isEmpty && absent.error.contains("lpips-alex"))
        }
    }

    @Test("A limit for a model by its path is one of its distances")
    func path() throws {
        try CommandTests.withBench { bench in
            let pair = ["compare", bench.image("a.png"), bench.image("b.jpg")] + bench.model
            let codes = try ["0", "2"].map { try bench.run(pair + ["--fail-above", "\(bench.model[1])=\($0)"]).code }
            #expect(codes == [1, 0])
        }
    }

    @Test("Pairs end with a summary, by table and by name", arguments: ["pairs", "by name"])
    func summary(way: String) throws {
        try MetricsCommandTests.withBench { bench in
            let arguments = try Self.arguments(way, ["a.png", "near.png", "far.png", "small.png"], bench)
            let options = ["--metric", "l1,psnr", "--fail-above", "0.1", "--fail-below", "psnr=1"]
            let json = try bench.run(arguments + options + ["--format", "json"]).json()
            #expect(try JSONSchema("pairs").faults(of: json) == [])
            let results = try #require(json["results"] as? [[String: Any]])
            let summary = try #require(json["summary"] as? [String: [String: Any]])
            let values = results.compactMap { ($0["values"] as? [String: Any])?["l1"] as? Double }.sorted()
            let l1 = try #require(summary["l1"])
            #expect(values.count == 3 && l1["count"] as? Int == 3 && l1["median"] as? Double == values[1])
            #expect(abs((l1["mean"] as? Double ?? -1) - values.reduce(0, +) / 3) < 1e-12)
            // far.png, and small.png, which has no value.
            #expect(l1["failed"] as? Int == 2)
            let worst = try #require(l1["worst"] as? [String: Any])
            #expect(worst["value"] as? Double == values[2])
            let place = try #require(worst["index"] as? Int)
            #expect((worst["imageB"] as? String)?.hasSuffix("far.png") == true)
            #expect(results[place]["imageB"] as? String == worst["imageB"] as? String)
            // Identical images have an infinite PSNR, which is a value.
            #expect(summary["psnr"]?["mean"] as? String == "inf" && summary["psnr"]?["median"] is Double)
            for format in ["table", "csv", "ndjson"] {
                let run = try bench.run(arguments + options + ["--format", format])
                let text = format == "table" ? run.output : run.error
                let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("l1 ↓") })
                #expect(row.split(separator: " ").dropFirst(2).first == "3" && row.hasSuffix("far.png"))
                let quiet = try bench.run(arguments + options + ["--format", format, "--quiet"])
                #expect(!quiet.error.contains("median") && !quiet.output.contains("median"))
            }
        }
    }

    @Test("A limit without a named model is refused where another stands in for the default, whatever prepares it")
    func standIn() throws {
        try CommandTests.withBench { bench in
            let pair = ["compare", bench.image("a.png"), bench.image("b.jpg")]
            for (limit, name) in [
                (["--fail-above", "0.1", "-q"], "lite"),
                (["--fail-above", "default=0.1", "--metric", "default,l1"], "lite"),
                (["--fail-above", "0.1", "--feature", "cls"], "vits14-focus"),
            ] {
                let run = try bench.run(pair + limit)
                #expect(run.code == 64 && run.output.isEmpty && run.error.contains("--model \(name)"), "\(run.error)")
            }
        }
    }

    #if os(Linux)
        @Test("--quiet does not keep from a person that a model stands in")
        func quiet() throws {
            try CommandTests.withBench { bench in
                let run = try CommandRun(
                    script: #"script -qec "'$DREAMSIM' compare '$1' '$2' -q" /dev/null"#,
                    [bench.image("a.png"), bench.image("b.jpg")], home: bench.home)
                #expect(run.output.contains("the model is 'lite'"), "\(run.output)")
            }
        }
    #endif
}
