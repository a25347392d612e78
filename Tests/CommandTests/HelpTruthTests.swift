import DreamSimRetrieval
import DreamSimTraining
import Foundation
import TestSupport
import Testing

@Suite("Help and messages say what is true")
struct HelpTruthTests {
    /// A command line for each subcommand that does something without much time, and whose output is the same again.
    private static func lines(_ bench: CommandTests.Bench) -> [String: [String]] {
        let (a, b, c) = (bench.image("a.png"), bench.image("b.jpg"), bench.image("c.webp"))
        let index = ["--index", bench.home.appending(path: "index").path]
        func out(_ name: String) -> String { bench.home.appending(path: name).path }
        let (table, pairs) = (out("t.csv"), out("p.csv"))
        return [
            "compare": [a, b, c, "--metric", "mse,ssim", "--resize", "64"], "vote": [a, b, c] + bench.model,
            "embed": [a, b] + bench.model,
            "index update": [bench.images.path, "--model", "pdq"] + index, "index check": index, "index graph": index,
            "index export": [out("export.csv")] + index, "index import": [out("made.csv"), "--index", out("imported")],
            "search": [a] + index, "dedupe": index, "cluster": index, "map": index + ["-o", out("map.png")],
            "heatmap": [a, a, "-o", out("heat.png"), "--metric", "mse"],
            "foreground": [a, b, "--method", "attention"] + bench.model,
            "sensitivity": [a, "--metric", "mse", "-o", out("s.csv"), "--alteration", "blur"],
            "evaluate judgments": [
                "triplets", table, "--metric", "mse", "--no-cache", "--resize", "32", "--format", "csv",
            ],
            "evaluate robustness": [a, c, "--metric", "mse", "--resize", "64"],
            "evaluate mos": ["csv", out("opinions.csv"), "--column", "distance"],
            "evaluate knn": [out("classes"), "--neighbors", "2"] + bench.model,
            "evaluate retrieval": [out("classes")] + bench.model,
            "sets": ["real", "generated"].map { Fixtures.file("sets/\($0).npy").path },
            "calibrate": [pairs, "--metric", "mse", "--no-cache", "--resize", "32", "--profile", out("profile.json")],
            "train": [table, "--check"],
            "invert": [a, "-o", out("i.png"), "--metric", "mse", "--size", "16", "--as", "pixels"],
            "metrics": [], "cache": [], "models list": [], "models info": ["lite"], "models verify": ["lite"],
            "models pull": ["lite"],
        ]
    }

    /// Why some subcommands are in no line: their output is times, they stay, they write what is asked for, or they need
    /// weights.
    private static let without: Set<String> = [
        "bench", "bench-search", "serve", "models convert", "models precision", "models calibrate", "index forget",
        "index move", "models", "cutout",
        "index", "evaluate",
        "",
    ]

    /// Numbers that change from run to run: seconds and rates.
    private static func plain(_ text: String) -> String {
        text.replacing(#/"seconds" : [0-9.e-]+/#, with: "").replacing(#/[0-9.]+ (s|MB|a second|ms)\b/#, with: "")
            .split(separator: "\n").filter { !$0.contains("a second") && !$0.contains("\"seconds") }
            .joined(separator: "\n")
    }

    @Test("Every default that help states is the effective one: stating it changes nothing")
    func defaults() throws {
        try CommandTests.withBench { bench in
            let (a, b, c) = (bench.image("a.png"), bench.image("b.jpg"), bench.image("c.webp"))
            try Data("ref,left,right,vote\n\(a),\(b),\(c),left\n\(b),\(a),\(c),right\n".utf8)
                .write(to: bench.home.appending(path: "t.csv"))
            try Data("a,b,same\n\(a),\(a),1\n\(a),\(c),0\n\(b),\(b),1\n".utf8)
                .write(to: bench.home.appending(path: "p.csv"))
            let opinions = try String(contentsOf: Fixtures.file("opinions/ratings.csv"), encoding: .utf8)
            try Data(opinions.split(separator: "\n").prefix(60).joined(separator: "\n").utf8)
                .write(to: bench.home.appending(path: "opinions.csv"))
            _ = try bench.classes()
            let lines = Self.lines(bench)
            let index = lines["index update"] ?? []
            #expect(try bench.run(["index"] + index).code == 0)
            let made = bench.home.appending(path: "made.csv").path
            #expect(try bench.run(["index", "export", made] + (lines["index check"] ?? [])).code == 0)
            var walked = 0
            for (path, command) in try HelpDump.commands() {
                let name = path.dropFirst().joined(separator: " ")
                guard let line = lines[name] else {
                    #expect(Self.without.contains(name), "\(name) has no line")
                    continue
                }
                // Twice: the second finds what the first made.
                _ = try bench.run(path.dropFirst() + line)
                let bare = try bench.run(path.dropFirst() + line)
                for argument in command.arguments ?? [] where argument.kind == "option" {
                    guard let option = argument.option, let value = argument.defaultValue, !line.contains(option) else {
                        continue
                    }
                    walked += 1
                    let stated = try bench.run(path.dropFirst() + line + ["\(option)=\(value)"])
                    #expect(stated.code == bare.code, "\(name) \(option)=\(value): \(stated.error)")
                    #expect(
                        Self.plain(stated.output) == Self.plain(bare.output), "\(name) \(option)=\(value)")
                }
            }
            #expect(walked > 80, "only \(walked) options have a default")
        }
    }

    @Test("Defaults that depend on something else are the code's: no number in a help text stands by itself")
    func numbers() throws {
        let (lora, ensemble, mlp, full) = (
            TrainingOptions.single, TrainingOptions.ensemble, TrainingOptions.mlp, TrainingOptions.full
        )
        let known: [String: [Double]] = [
            "train --epochs": [ensemble, lora, mlp, full].map { Double($0.epochs) },
            "train --batch-size": [ensemble, lora, mlp, full].map { Double($0.batchSize) },
            "train --learning-rate": [lora, mlp, full].map(\.adam.learningRate),
            "train --rank": [Double(lora.rank)], "train --hidden": [Double(mlp.hiddenWidth)],
            "train --alpha": [ensemble, lora].map { Double($0.alpha) },
            "train --dropout": [ensemble, lora].map { Double("\($0.dropout)") ?? 0 },
            "train --triplets-together": [Double(lora.tripletsTogether)],
            "invert --learning-rate": [Parameterization.pixels, .pyramid, .fourier, .untrainedNetwork].map(
                \.learningRate),
            "invert --levels": [Double(Parameterization.pyramidLevels), Double(UntrainedNetworkShape().levels)],
            "search --ef": [Double(SearchMethod.standardEffort)],
            "index check --ef": [Double(SearchMethod.standardEffort)],
        ]
        // Examples, formats and what a method is called, no defaults; the last two stand beside their code.
        let other: Set<String> = [
            "invert --total-variation", "search --since", "heatmap --values", "bench --batch-size",
            "foreground --threshold",
        ]
        var found: Set<String> = []
        for (path, command) in try HelpDump.commands() {
            for argument in command.arguments ?? [] {
                guard let option = argument.option, option != "--model",
                    argument.defaultValue == nil || option == "--total-variation",
                    let inside = argument.abstract?.firstMatch(of: #/\(([^()]*[0-9][^()]*)\)\.?$/#)?.output.1
                else { continue }
                let name = (path.dropFirst() + [option]).joined(separator: " ")
                let numbers = inside.matches(of: #/[0-9][0-9.e-]*[0-9]|[0-9]/#).compactMap { Double($0.output) }
                guard !other.contains(name), !numbers.isEmpty else { continue }
                found.insert(name)
                #expect(Set(numbers) == Set(known[name] ?? []), "\(name): \(inside)")
            }
        }
        #expect(found == Set(known.keys))
    }

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    /// Lines of code without comments, with the file that they are of.
    private static func code() throws -> [(file: String, line: String)] {
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        return try (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }.flatMap { url in
            try String(contentsOf: url, encoding: .utf8).replacing("\\\n", with: "").split(separator: "\n")
                .filter { !$0.drop { $0 == " " }.hasPrefix("//") }.map { (url.lastPathComponent, String($0)) }
        }
    }

    @Test("Every command line that a message or a help text names exists, with its options")
    func commandLines() throws {
        let commands = try HelpDump.commands()
        var checked = 0
        for (file, line) in try Self.code() {
            for match in line.matches(of: #/(?:'|^ +(?:\$ )?)dreamsim ((?:[a-z-]+ ?)+[^'"#]*)/#) {
                let words = match.output.1.split(separator: " ").map(String.init).filter { !$0.contains("\\(") }
                guard let first = words.first else { continue }
                // The longest path that is a command.
                guard
                    let command = commands.filter({ words.starts(with: $0.path.dropFirst()) }).max(by: {
                        $0.path.count < $1.path.count
                    })
                else { continue }
                let name = command.path.dropFirst().joined(separator: " ")
                if name.isEmpty { #expect(first == "help", "\(file): 'dreamsim \(words.joined(separator: " "))'") }
                checked += 1
                // A command with a default subcommand takes its options.
                let all = Set(
                    commands.filter { $0.path.starts(with: command.path) && name != "" }.flatMap(\.command.options))
                for word in words where word.hasPrefix("--") {
                    let option = String(word.prefix { $0.isLetter || $0 == "-" })
                    #expect(all.contains(option), "\(file): 'dreamsim \(name) \(option)'")
                }
            }
        }
        #expect(checked > 100, "\(checked)")
    }

    @Test("Every option that a message names exists, in the subcommand whose file says so")
    func options() throws {
        let commands = try HelpDump.commands()
        let all = Set(commands.flatMap(\.command.options))
        // Of other programs, and what the parser itself has.
        let foreign: Set<String> = ["--experimental-dump-help", "--no-deps", "--version", "--help", "--"]
        var checked = 0
        for (file, line) in try Self.code() where line.contains("\"") {
            let unquoted = line.replacing(#/'dreamsim [^']*'/#, with: "")
            for match in unquoted.matches(of: #/--[a-z][a-z-]+/#) where !foreign.contains(String(match.output)) {
                let option = String(match.output)
                // In SQL two dashes begin a comment, in CSS a variable, in Python's pip they are pip's.
                guard !file.contains("Python"), !file.contains("HTML"), !line.contains("var(--"), !line.contains("sql")
                else { continue }
                checked += 1
                #expect(all.contains(option), "\(file): \(option) is an option of no subcommand")
            }
        }
        #expect(checked > 100, "\(checked)")
    }
}
