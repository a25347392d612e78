import Foundation
import Testing

@Suite("Help")
struct HelpTests {
    private static let home = FileManager.default.temporaryDirectory
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/help")

    @Test("Every help text is as it was recorded; DREAMSIM_RENEW_HELP=1 records it anew")
    func snapshot() throws {
        let renews = ProcessInfo.processInfo.environment["DREAMSIM_RENEW_HELP"] == "1"
        var expected: Set<String> = []
        for (path, _) in try HelpDump.commands() {
            let file = Self.folder.appending(path: path.joined(separator: "-") + ".txt")
            expected.insert(file.lastPathComponent)
            let run = try CommandRun(
                path.dropFirst() + ["--help"], home: Self.home, environment: ["COLUMNS": "100"])
            #expect(run.code == 0)
            if renews {
                try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
                try Data(run.output.utf8).write(to: file)
            }
            let recorded = try? String(contentsOf: file, encoding: .utf8)
            #expect(
                run.output == recorded,
                "the help differs from Tests/Fixtures/help/\(file.lastPathComponent); DREAMSIM_RENEW_HELP=1 records it")
        }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)) == expected)
    }

    /// What each subcommand that takes a model needs beside it, to come as far as loading one.
    private static let needs: [String: [String]] = [
        "compare": ["IMAGE", "IMAGE"], "vote": ["IMAGE", "IMAGE", "IMAGE"], "embed": ["IMAGE"],
        "index update": ["IMAGE", "--index", "INDEX"], "index import": ["IMAGE", "--index", "INDEX"],
        "search": ["IMAGE", "--index", "INDEX"], "heatmap": ["IMAGE", "IMAGE", "-o", "out.png"],
        "foreground": ["IMAGE", "IMAGE", "--method", "attention"], "sensitivity": ["IMAGE", "-o", "out.png"],
        "evaluate judgments": ["triplets", "TABLE"], "evaluate robustness": ["IMAGE", "OTHER"], "calibrate": ["PAIRS"],
        "evaluate mos": ["csv", "RATINGS"], "evaluate knn": ["CLASSES"], "evaluate retrieval": ["CLASSES"],
        "sets": ["IMAGE"],
        "train": ["TABLE", "-o", "run"],
        "invert": ["IMAGE", "-o", "out.png"], "serve": ["--port", "0"], "bench": [],
    ]

    @Test("The default model that the help of a subcommand names is the one that it takes")
    func defaultModels() throws {
        try CommandTests.withBench { bench in
            let (table, pairs) = (bench.images.appending(path: "t.csv"), bench.images.appending(path: "p.csv"))
            try Data("ref,left,right,vote\na.png,b.jpg,c.webp,left\n".utf8).write(to: table)
            try Data("a,b,same\na.png,b.jpg,1\na.png,c.webp,0\n".utf8).write(to: pairs)
            let ratings = bench.images.appending(path: "r.csv")
            let rated = ["a.png,b.jpg,1", "a.png,c.webp,2", "b.jpg,a.png,3", "b.jpg,c.webp,4", "c.webp,a.png,5"]
            try Data((["reference,image,score"] + rated).joined(separator: "\n").utf8).write(to: ratings)
            let classes = try bench.classes()
            let places = [
                "CLASSES": classes, "IMAGE": bench.image("a.png"), "OTHER": bench.image("b.jpg"), "TABLE": table.path,
                "PAIRS": pairs.path, "RATINGS": ratings.path,
                "INDEX": bench.home.appending(path: "index").path,
                "out.png": bench.home.appending(path: "out.png").path,
                "run": bench.home.appending(path: "run").path,
            ]
            var asked: Set<String> = []
            for (path, command) in try HelpDump.commands() {
                guard
                    let option = command.arguments?.first(where: { $0.names?.contains { $0.name == "model" } == true })
                else { continue }
                let name = path.dropFirst().joined(separator: " ")
                asked.insert(name)
                let run = try bench.run(path.dropFirst() + (Self.needs[name] ?? []).map { places[$0] ?? $0 })
                let standIn = option.abstract?.firstMatch(of: #/ensemble, else ([a-z0-9-]+)/#)?.output.1
                if let standIn {
                    // The weights of neither are here: what was to be taken is in the error.
                    #expect(run.code == 2 && run.error.contains("error: \(standIn)"), "\(name): \(run.error)")
                    #expect(run.error.contains("note: the model is '\(standIn)'"), "\(name): \(run.error)")
                } else {
                    #expect(!run.error.contains("the model is '"), "\(name): \(run.error)")
                    let metric = command.arguments?.first { $0.names?.contains { $0.name == "metric" } == true }
                    if let other = metric?.abstract?.firstMatch(of: #/\(default: ([a-z-]+)\)/#)?.output.1 {
                        #expect(run.code == 2 && run.error.contains("\(other)"), "\(name): \(run.error)")
                    }
                }
            }
            #expect(asked == Set(Self.needs.keys))
            // What is added to a model is added to one that takes it.
            for addition in ["--feature", "--adapter", "--head"] {
                let run = try bench.run(["compare", places["IMAGE"] ?? "", places["IMAGE"] ?? "", addition, "cls"])
                #expect(run.code == 2 && run.error.contains("the model is 'vits14-focus'"), "\(run.error)")
            }
        }
    }

    @Test("Every command has one sentence, every option at most twelve words, and a period ends both")
    func words() throws {
        let commands = try HelpDump.commands()
        #expect(commands.count > 20)
        for (path, command) in commands {
            let name = path.joined(separator: " ")
            let abstract = command.abstract ?? ""
            #expect(abstract.hasSuffix(".") && !abstract.dropLast().contains(". "), "\(name): \(abstract)")
            for argument in command.arguments ?? [] {
                let text = argument.abstract ?? ""
                // What stands in parentheses after the sentence is a default.
                let sentence = text.replacing(#/ \(default: [^)]*\)$/#, with: "")
                #expect(!sentence.isEmpty && sentence.hasSuffix("."), "\(name) \(argument.valueName ?? ""): \(text)")
                #expect(sentence.split(separator: " ").count <= 12, "\(name) \(argument.valueName ?? ""): \(text)")
            }
        }
    }
}
