import Foundation
import TestSupport
import Testing

/// `dreamsim search` and `dreamsim dedupe` as people run them.
@Suite("The command: search and dedupe")
struct SearchCommandTests {
    /// A bench whose images, and a copy of one, are in an index.
    static func withIndex(_ body: (CommandTests.Bench, String) throws -> Void) throws {
        try CommandTests.withBench { bench in
            try FileManager.default.copyItem(
                atPath: bench.image("a.png"), toPath: bench.images.appending(path: "copy.png").path)
            let index = bench.home.appending(path: "index").path
            let run = try bench.run(["index", bench.images.path, "--index", index] + bench.model)
            #expect(run.code == 0, "\(run.error)")
            try body(bench, index)
        }
    }

    @Test(
        "search writes every layout, without the query itself",
        arguments: ["json", "ndjson", "csv", "table", "markdown"])
    func layouts(format: String) throws {
        try Self.withIndex { bench, index in
            let page = bench.home.appending(path: "page.html")
            let run = try bench.run([
                "search", bench.image("a.png"), "--index", index, "--format", format, "--html", page.path,
            ])
            #expect(run.code == 0, "\(run.error)")
            #expect(run.output.contains("copy.png") && run.output.contains("b.jpg") && run.output.contains("c.webp"))
            #expect(run.output.contains("lower is more alike"))
            #expect(format != "table" || run.output.contains("model tiny"))
            let html = try String(contentsOf: page, encoding: .utf8)
            #expect(html.components(separatedBy: "data:image/jpeg;base64").count == 5)
            if format == "json" {
                let searches = try #require(try run.json()["searches"] as? [[String: Any]])
                let results = try #require(searches.first?["results"] as? [[String: Any]])
                #expect(results.count == 3 && (results[0]["image"] as? String)?.hasSuffix("copy.png") == true)
                let distances = try results.map { try #require(($0["values"] as? [String: Double])?.values.first) }
                #expect(distances == distances.sorted() && distances[0] < 1e-6)
            }
        }
    }

    @Test("dedupe takes the distance of near from calibrate, and says when there is none")
    func calibrated() throws {
        try Self.withIndex { bench, index in
            let dedupe = [
                "dedupe", "--index", index, "--tier", "near", "--threshold-from", "profile", "--format", "json",
            ]
            let early = try bench.run(dedupe)
            #expect(early.code == 2 && early.error.contains("calibrate"), "\(early.error)")
            let labels = bench.images.appending(path: "labels.csv")
            try Data("a,b,same\na.png,copy.png,1\na.png,c.webp,1\na.png,b.jpg,0\n".utf8).write(to: labels)
            let calibrated = try bench.run(["calibrate", labels.path, "--format", "json"] + bench.model)
            #expect(calibrated.code == 0, "\(calibrated.error)")
            let run = try bench.run(dedupe)
            #expect(run.code == 0, "\(run.error)")
            let near = try #require((try run.json()["thresholds"] as? [String: Any])?["near"] as? Double)
            let metric = try #require((try calibrated.json()["metrics"] as? [[String: Any]])?.first)
            let threshold = try #require((metric["threshold"] as? [String: Any])?["value"] as? Double)
            #expect(abs(near - threshold) < 1e-9)
            let both = try bench.run(dedupe + ["--near-distance", "0.1"])
            #expect(both.code == 64)
        }
    }

    @Test("dedupe says which folders the index does not know", arguments: ["", "--against", "--prefer"])
    func unknownFolder(option: String) throws {
        try Self.withIndex { bench, index in
            let dedupe = ["dedupe", bench.images.path, "--index", index]
            let known = try bench.run(dedupe)
            #expect(known.code == 0 && !known.error.contains("knows no file"), "\(known.error)")
            let run = try bench.run(dedupe + (option.isEmpty ? [] : [option]) + [bench.images.path + "s"])
            #expect(run.code == 0 && run.error.contains("images" + "s: the index"), "\(run.error)")
        }
    }

    @Test("Queries come from standard input and by number; one that fails does not stop the others")
    func queries() throws {
        try Self.withIndex { bench, index in
            let input = try CommandRun(
                script: #"cat "$1" | "$DREAMSIM" search - --index "$2" -k 1 --quiet"#,
                [bench.image("b.jpg"), index], home: bench.home)
            #expect(input.code == 0 && input.output.contains("b.jpg"), "\(input.error)")
            let number = try bench.run(["search", "--id", "1", "--index", index, "--with-query", "--quiet"])
            #expect(number.code == 0 && number.output.split(separator: "\n").count == 4)
            let partly = try bench.run([
                "search", bench.image("none.png"), bench.image("b.jpg"), "--index", index, "--format", "json",
            ])
            #expect(partly.code == 2 && partly.error.contains("none.png"))
            #expect((try partly.json()["searches"] as? [Any])?.count == 1)
            let missing = try bench.run(["search", bench.image("b.jpg"), "--index", bench.home.path + "/no"])
            #expect(missing.code == 2 && missing.error.contains("dreamsim index"))
            let unlike = try bench.run([
                "search", bench.image("a.png"), "--unlike", bench.image("b.jpg"), "--index", index, "--format",
                "csv",
            ])
            #expect(unlike.code == 0 && !unlike.output.contains("b.jpg"), "\(unlike.error)")
        }
    }

    @Test("dedupe finds the copy, moves it and moves it back", arguments: ["json", "ndjson", "csv", "table"])
    func dedupe(format: String) throws {
        try Self.withIndex { bench, index in
            let common = ["dedupe", "--index", index, "--tier", "identical-pixels", "--format", format]
            let moved = bench.home.appending(path: "moved").path
            let run = try bench.run(common + ["--apply", moved])
            #expect(run.code == 0, "\(run.error)")
            #expect(run.output.contains("a.png") && run.output.contains("copy.png") && !run.output.contains("b.jpg"))
            #expect(run.output.contains("identical-bytes"))
            let left = try FileManager.default.contentsOfDirectory(atPath: bench.images.path)
            #expect(Set(left) == ["a.png", "b.jpg", "c.webp"])
            let undo = try bench.run(["dedupe", "--undo", moved + "/undo.json"])
            #expect(undo.code == 0, "\(undo.error)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: bench.images.path).count == 4)
        }
    }

    @Test(
        "What is not understood ends with 64",
        arguments: [
            ["search"], ["search", "a", "-k", "0"], ["search", "a", "--unlike", "b", "--unlike-weight", "nan"],
            ["search", "a", "--since", "yesterday"], ["search", "a", "--min-size=-5"],
            ["search", "a.png", "--html", "a.png"],
            ["search", "-", "-"], ["dedupe", "--near-distance=-1"], ["dedupe", "--near-distance", "nan"],
            ["dedupe", "--tier", "identical"], ["dedupe", "--apply", "a", "--undo", "b"],
            ["index", "a", "--every", "0"],
            ["index", "a", "--batch-size", "0"], ["bench-search", "--vectors", "0"],
        ])
    func usage(arguments: [String]) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(arguments, home: home)
            #expect(run.code == 64 && run.output.isEmpty, "\(run.error)")
        }
    }

    @Test("index --watch takes in what comes, until it is stopped")
    func watch() throws {
        try CommandTests.withBench { bench in
            let index = bench.home.appending(path: "i").path
            let run = try CommandRun(
                script: """
                    set -m; "$DREAMSIM" "$@" > "$HOME_FOLDER/out" & p=$!
                    until grep -q '3 images' "$HOME_FOLDER/out"; do sleep 0.05; done
                    cp "$HOME_FOLDER/images/a.png" "$HOME_FOLDER/images/new.png"
                    for i in $(seq 600); do grep -q '4 images' "$HOME_FOLDER/out" && break; sleep 0.05; done
                    kill -INT $p; wait $p; code=$?; cat "$HOME_FOLDER/out"; exit $code
                    """, ["index", bench.images.path, "--index", index, "--watch", "--every", "0.2"] + bench.model,
                home: bench.home, environment: ["HOME_FOLDER": bench.home.path])
            #expect(run.code == 0 && run.output.contains("4 images"), "\(run.error)")
        }
    }
}
