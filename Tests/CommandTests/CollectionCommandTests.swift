import DreamSimImages
import Foundation
import TestSupport
import Testing

/// `dreamsim cluster`, `map`, `index graph`, `check`, `export` and `import`, and previews, as people run them.
@Suite("The command: clusters, maps, graphs and interchange")
struct CollectionCommandTests {
    @Test("cluster writes every layout, and a page", arguments: ["json", "ndjson", "csv", "table"])
    func clusters(format: String) throws {
        try SearchCommandTests.withIndex { bench, index in
            for method in [["--clusters", "2"], ["--method", "linkage", "--distance", "0.0001"]] {
                let page = bench.home.appending(path: "page.html")
                let run = try bench.run(
                    ["cluster", "--index", index, "--format", format, "--html", page.path] + method)
                #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
                #expect(run.output.contains("lower is more alike") || format == "ndjson")
                let html = try String(contentsOf: page, encoding: .utf8)
                #expect(html.components(separatedBy: "data:image/jpeg;base64").count == 5)
                guard format == "json" else { continue }
                let clusters = try #require(try run.json()["clusters"] as? [[String: Any]])
                let sizes = clusters.compactMap { $0["size"] as? Int }
                #expect(sizes.reduce(0, +) == 4 && sizes == sizes.sorted(by: >))
                let together = try #require(
                    clusters.compactMap { $0["files"] as? [[String: Any]] }.first { files in
                        files.contains { ($0["image"] as? String)?.hasSuffix("copy.png") == true }
                    })
                #expect(together.contains { ($0["image"] as? String)?.hasSuffix("a.png") == true })
            }
        }
    }

    @Test("map draws an image and a page, and writes places in every layout")
    func map() throws {
        try SearchCommandTests.withIndex { bench, index in
            let (png, jpg, page) = (
                bench.home.appending(path: "m.png"), bench.home.appending(path: "m.jpg"),
                bench.home.appending(path: "m.html")
            )
            let run = try bench.run(
                ["map", "--index", index, "-o", png.path, "--html", page.path, "--size", "400", "--quiet"])
            #expect(run.code == 0 && run.output.isEmpty, "\(run.error)")
            #expect(try Image(contentsOf: png).width == 400)
            #expect(try String(contentsOf: page, encoding: .utf8).contains("3 images, 15 neighbors"))
            let dark = try bench.run(["map", "--index", index, "-o", jpg.path, "--size", "200", "--dark", "--quiet"])
            #expect(dark.code == 0, "\(dark.error)")
            #expect(try Image(contentsOf: jpg)[0, 0].red < 40)
            for format in ["json", "ndjson", "csv", "table"] {
                let places = try bench.run(["map", "--index", index, "--format", format])
                #expect(places.code == 0 && places.output.contains("b.jpg"), "\(places.error)")
                if format == "csv" {
                    let lines = places.output.split(whereSeparator: \.isNewline)
                    #expect(lines.count == 4 && lines[0] == "id,image,x,y,directions,weights,preprocessing")
                }
            }
        }
    }

    @Test("index graph, check and approximate searches")
    func graph() throws {
        try SearchCommandTests.withIndex { bench, index in
            let early = try bench.run(["search", bench.image("b.jpg"), "--index", index, "--approximate"])
            #expect(early.code == 2 && early.error.contains("dreamsim index graph"), "\(early.error)")
            let none = try bench.run(["index", "check", "--index", index, "--recall"])
            #expect(none.code == 2 && none.error.contains("dreamsim index graph"), "\(none.error)")
            let built = try bench.run(["index", "graph", "--index", index, "--format", "json"])
            #expect(built.code == 0, "\(built.error)")
            #expect(try built.json()["vectors"] as? Int == 3)
            let check = try bench.run(["index", "check", "--index", index, "--recall", "--format", "json"])
            #expect(check.code == 0, "\(check.error)")
            #expect((try check.json()["recall"] as? [String: Any])?["recall"] as? Double == 1)
            let text = try bench.run(["index", "check", "--index", index, "--recall"])
            #expect(text.output.contains("4 images, 3 vectors") && text.output.contains("recall@10 1.0000"))
            let exact = try bench.run(["search", bench.image("b.jpg"), "--index", index, "--format", "csv"])
            let found = try bench.run([
                "search", bench.image("b.jpg"), "--index", index, "--format", "csv", "--approximate",
            ])
            #expect(found.code == 0 && found.output == exact.output, "\(found.error)")
            for expected in ["was removed", "there was no graph"] {
                let removed = try bench.run(["index", "graph", "--index", index, "--delete"])
                #expect(removed.code == 0 && removed.error.contains(expected), "\(removed.error)")
            }
        }
    }

    @Test(
        "An index that is exported and imported searches the same", arguments: ["npy", "safetensors", "csv", "ndjson"])
    func interchange(format: String) throws {
        try SearchCommandTests.withIndex { bench, index in
            let (out, copy) = (
                bench.home.appending(path: format == "npy" ? "out" : "out.\(format)").path,
                bench.home.appending(path: "copy").path
            )
            let export = try bench.run(["index", "export", out, "--index", index])
            #expect(
                export.code == 0 && export.error.contains("the embeddings of 4 images were written"), "\(export.error)")
            let imported = try bench.run(["index", "import", out, "--index", copy, "--format", "json"])
            #expect(imported.code == 0, "\(imported.error)")
            #expect(try imported.json()["added"] as? Int == 4)
            let searches = try [index, copy].map {
                try bench.run(["search", bench.image("b.jpg"), "--index", $0, "--format", "csv"]).output
            }
            #expect(searches[0] == searches[1] && searches[0].contains("c.webp"))
        }
    }

    /// A text without the codes for colors.
    private static func plain(_ text: String) -> String { text.replacing(/\u{1B}\[[0-9;]*m/, with: "") }

    @Test("A preview fits the terminal and says what cannot be shown", arguments: [38, 80, 300])
    func preview(columns: Int) throws {
        try SearchCommandTests.withIndex { bench, index in
            let arguments = ["search", bench.image("a.png"), "--index", index, "--preview", "--quiet"]
            let environment = ["COLUMNS": "\(columns)"]
            let table = try bench.run(Array(arguments.dropLast(2)) + ["--quiet"]).output
            let run = try bench.run(arguments, environment: environment)
            #expect(run.code == 0 && run.output.hasPrefix(table), "\(run.error)")
            let preview = run.output.dropFirst(table.count)
            #expect(
                preview.contains("\u{1B}[38;2;") && preview.contains("▀") && preview.hasSuffix("\u{1B}[0m\n\n") == false
            )
            let lines = Self.plain(String(preview)).split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.allSatisfy { $0.count <= columns })
            let captions = lines.joined(separator: "\n")
            for text in ["query", "1  0.0000", "2  0.", "3  0.", "a.png", "copy.png"] {
                #expect(captions.contains(text), "\(text)")
            }
            // Colors never continue into the next line.
            for line in preview.split(separator: "\n") where line.contains("\u{1B}") {
                let codes = line.matches(of: /\u{1B}\[([0-9;]*)m/).map { String($0.1) }
                #expect(codes.last == "0")
            }
            try FileManager.default.removeItem(atPath: bench.image("copy.png"))
            let gone = try bench.run(arguments, environment: environment)
            #expect(gone.code == 0 && gone.output.contains("cannot be shown"), "\(gone.error)")
        }
    }

    @Test("Markdown holds no markup of file names")
    func markdown() throws {
        try SearchCommandTests.withIndex { bench, index in
            let hostile = bench.images.appending(path: "a|b <script> [x](y) `c`.png")
            try FileManager.default.moveItem(atPath: bench.image("copy.png"), toPath: hostile.path)
            let update = try bench.run(["index", "--index", index])
            #expect(update.code == 0 && update.output.contains("1 moved"), "\(update.error)")
            let run = try bench.run([
                "search", bench.image("b.jpg"), "--index", index, "--format", "markdown",
            ])
            #expect(run.code == 0 && !run.output.contains("<script>"), "\(run.error)")
            let rows = run.output.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains("0.") }
            #expect(rows.count == 3)
            for row in rows { #expect(row.count { $0 == "|" } == 5, "\(row)") }
            #expect(run.output.contains(#"a&#124;b &lt;script> \[x\](y) \`c\`.png |"#), "\(run.output)")
        }
    }

    @Test(
        "What is not understood ends with 64, and nothing on standard output",
        arguments: [
            ["cluster", "--clusters", "0"], ["cluster", "--clusters", "x"], ["cluster", "--distance", "0.1"],
            ["cluster", "--method", "linkage", "--distance", "3"],
            ["cluster", "--method", "linkage", "--distance=nan"],
            ["cluster", "--method", "dbscan"], ["cluster", "--neighbors", "0"], ["cluster", "--seed=-1"],
            ["cluster", "--threads", "0"], ["cluster", "--format", "xml"], ["map", "--neighbors", "1"],
            ["map", "--size", "100"], ["map", "--size", "99999"], ["map", "-o", "map.gif"], ["map", "-o", "map"],
            ["map", "--images=-1"], ["map", "--seed", "1.5"], ["map", "--threads", "2000"],
            ["index", "graph", "--links", "1"], ["index", "graph", "--links", "257"],
            ["index", "graph", "--links", "32", "--effort", "16"], ["index", "check", "--recall", "--queries", "0"],
            ["index", "check", "-k", "0"], ["index", "check", "--ef", "0"], ["index", "export"],
            ["index", "export", "a", "--file-format", "parquet"], ["index", "import"],
            ["index", "import", "a", "--file-format", "parquet"],
            ["index", "import", "a", "--stamp", "s", "--model", "m"],
            ["search", "a", "--preview", "--format", "json"], ["search", "a", "--ef", "9"],
            ["search", "a", "--approximate", "--max-latency", "5"], ["search", "a", "--max-latency=-1"],
            ["search", "a", "--max-size", "2X"], ["search", "a", "--before", "2024-13-01"],
            ["search", "a", "--min-side", "x"], ["search", "--id", "x"],
        ])
    func usage(arguments: [String]) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(arguments, home: home)
            #expect(run.code == 64 && run.output.isEmpty && run.error.contains("Usage:"), "\(run.error)")
        }
    }

    @Test("No output takes the place of an image of the index")
    func overwriting() throws {
        try SearchCommandTests.withIndex { bench, index in
            for arguments in [
                ["map", "-o", bench.image("a.png")], ["map", "-o", bench.images.path + "/../images/a.png"],
                ["index", "export", "--file-format", "csv", bench.image("a.png")],
            ] {
                let run = try bench.run(arguments + ["--index", index])
                #expect(run.code == 2 && run.output.isEmpty, "\(run.error)")
                #expect(run.error.contains("would be overwritten"), "\(run.error)")
            }
            #expect(
                FileManager.default.contentsEqual(
                    atPath: bench.image("a.png"), andPath: Fixtures.file("formats/rgb.png").path))
        }
    }

    @Test("An endless standard input is read up to the limit of an image")
    func endless() throws {
        try SearchCommandTests.withIndex { bench, index in
            let run = try CommandRun(
                script: #""$DREAMSIM" search - --index "$1" --quiet < /dev/zero"#, [index], home: bench.home)
            #expect(run.code == 2 && run.error.contains("more than 536870912 bytes"), "\(run.code) \(run.error)")
        }
    }

    @Test(
        "Without an index every command says how to make one, and makes nothing",
        arguments: [
            ["cluster"], ["map", "-o", "map.png"], ["dedupe"], ["search", "--id", "1"], ["index", "check"],
            ["index", "graph"], ["index", "graph", "--delete"], ["index", "export", "out.csv"],
        ])
    func noIndex(arguments: [String]) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(
                script: #"cd "$FOLDER" && exec "$DREAMSIM" "$@""#, arguments, home: home,
                environment: ["FOLDER": home.path])
            #expect(run.code == 2 && run.output.isEmpty && run.error.contains("dreamsim index FOLDER"), "\(run.error)")
            let made = try FileManager.default.contentsOfDirectory(atPath: home.path)
                .filter { !$0.hasSuffix(".out") && !$0.hasSuffix(".err") }
            #expect(made.isEmpty, "\(made)")
        }
    }
}
