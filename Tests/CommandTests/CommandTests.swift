import DreamSimCheckpoints
import DreamSimImages
import Foundation
import TestSupport
import Testing

/// The command as people and scripts use it, with a small recorded transformer as a user's own model.
@Suite("The command")
struct CommandTests {
    /// A folder with a model, its options and a few images.
    struct Bench {
        let home: URL
        let model: [String]
        let images: URL

        func image(_ name: String) -> String { images.appending(path: name).path }

        /// Makes a folder with folders of two classes, of two images each.
        func classes() throws -> String {
            let folder = home.appending(path: "classes")
            for (name, file) in [
                ("one/a.png", "a.png"), ("one/b.jpg", "b.jpg"), ("two/c.webp", "c.webp"), ("two/d.png", "a.png"),
            ] {
                let place = folder.appending(path: name)
                try FileManager.default.createDirectory(
                    at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.copyItem(at: images.appending(path: file), to: place)
            }
            return folder.path
        }

        func run(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandRun {
            try CommandRun(arguments, home: home, environment: environment)
        }
    }

    static func withBench(_ body: (Bench) throws -> Void) throws {
        try Fixtures.withTemporaryFolder { home in
            let architecture = """
                {"width": 48, "depth": 3, "heads": 4, "patchSize": 16, "mlpWidth": 192, "positionGrid": 4,
                 "positionOffset": 0.1, "registers": 0, "layerNormEpsilon": 1e-6, "activation": "gelu",
                 "hasPreNorm": false, "hasLayerScale": false, "mean": [0.485, 0.456, 0.406],
                 "standardDeviation": [0.229, 0.224, 0.225]}
                """
            let weights = Fixtures.file("tiny/dino.pth").path
            let model = home.appending(path: "model.json")
            try Data(
                """
                {"name": "tiny", "backbones": [{"architecture": \(architecture), "weights": "\(weights)", "feature": "cls"}]}
                """.utf8
            ).write(to: model)
            let images = home.appending(path: "images")
            try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
            for (from, to) in [("rgb.png", "a.png"), ("baseline444.jpg", "b.jpg"), ("lossy.webp", "c.webp")] {
                try FileManager.default.copyItem(
                    at: Fixtures.file("formats/" + from), to: images.appending(path: to))
            }
            try body(Bench(home: home, model: ["--model", model.path, "--side", "64"], images: images))
        }
    }

    @Test(
        "compare ranks, says which way, the model and the preprocessing", arguments: ["json", "ndjson", "csv", "table"])
    func compare(format: String) throws {
        try Self.withBench { bench in
            let run = try bench.run(
                ["compare", bench.image("a.png"), bench.images.path, "--format", format] + bench.model)
            #expect(run.code == 0, "\(run.error)")
            #expect(run.output.contains("lower is more alike"))
            #expect(run.output.contains("tiny"))
            if format == "table" {
                #expect(run.output.hasPrefix("rank  distance  image\n   1   0.00000  "))
                #expect(run.output.contains("\ndistance from \(bench.image("a.png")): 0 is the same, lower is"))
                #expect(run.output.contains("\nmodel tiny, weights "))
            }
            #expect(run.output.contains("stretch 64x64"))
            if format == "json" {
                let results = try #require(try run.json()["results"] as? [[String: Any]])
                #expect(results.map { $0["rank"] as? Int } == [1, 2, 3])
                let distances = try results.map { try #require(($0["values"] as? [String: Double])?["tiny"]) }
                #expect(distances == distances.sorted())
                #expect((results[0]["image"] as? String)?.hasSuffix("a.png") == true && distances[0] == 0)
            }
        }
    }

    @Test("vote names the nearer of two")
    func vote() throws {
        try Self.withBench { bench in
            let (a, b) = (bench.image("a.png"), bench.image("b.jpg"))
            let first = try bench.run(["vote", a, a, b, "--format", "json"] + bench.model).json()
            let second = try bench.run(["vote", a, b, a, "--format", "json"] + bench.model).json()
            let table = try bench.run(["vote", a, a, b, "--format", "csv"] + bench.model)
            #expect(table.output.contains("lower is more alike") && table.output.contains("stretch 64x64"))
            let neither = try bench.run(["vote", a, b, b, "--quiet"] + bench.model)
            let choices = [first, second].map { ($0["votes"] as? [[String: Any]])?.first?["choice"] as? String }
            #expect(choices == ["A", "B"])
            #expect(neither.output == "tie\n")
        }
    }

    @Test("embed writes every layout with the same numbers", arguments: ["npy", "safetensors", "csv", "ndjson"])
    func embed(format: String) throws {
        try Self.withBench { bench in
            let file = bench.home.appending(path: "e." + format)
            let run = try bench.run(["embed", bench.images.path, "-o", file.path] + bench.model)
            #expect(run.code == 0, "\(run.error)")
            let lines = try bench.run(["embed", bench.images.path] + bench.model).output.split(separator: "\n")
            let expected = try lines.flatMap { line -> [Float] in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return try #require(object?["embedding"] as? [NSNumber]).map(\.floatValue)
            }
            #expect(expected.count == 3 * 48)
            switch format {
            case "npy", "safetensors":
                let name = format == "npy" ? "array" : "embeddings"
                let tensor = try Checkpoint(contentsOf: file).tensor(name)
                #expect(tensor.shape == [3, 48] && tensor.values == expected)
            case "csv":
                let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
                let values = rows.flatMap { $0.split(separator: ",").suffix(48).compactMap { Float($0) } }
                #expect(values == expected)
            default:
                let written = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                #expect(written == lines)
            }
        }
    }

    @Test("One bad image is one failure; the others are ranked, and the code is 2")
    func oneBadImage() throws {
        try Self.withBench { bench in
            try Data("not an image".utf8).write(to: bench.images.appending(path: "bad.jpg"))
            let run = try bench.run(
                ["compare", bench.image("a.png"), bench.images.path, "--format", "json"] + bench.model)
            #expect(run.code == 2)
            let results = try #require(try run.json()["results"] as? [Any])
            #expect(results.count == 3)
            let failures = try #require(try run.json()["failures"] as? [[String: Any]])
            #expect((failures.first?["image"] as? String)?.hasSuffix("bad.jpg") == true)
            #expect(run.error.contains("bad.jpg"))
        }
    }

    @Test("--fail-above ends with 1 only above the threshold")
    func threshold() throws {
        try Self.withBench { bench in
            let pair = ["compare", bench.image("a.png"), bench.image("b.jpg")] + bench.model
            let below = try bench.run(pair + ["--fail-above", "2"])
            let above = try bench.run(pair + ["--fail-above", "0"])
            #expect(below.code == 0 && above.code == 1)
            // A limit for a model that nobody named would be compared with the distances of whatever stands in.
            let unnamed = try bench.run(Array(pair.prefix(3)) + ["--fail-above", "0.1", "--quiet"])
            #expect(unnamed.code == 64 && unnamed.output.isEmpty && unnamed.error.contains("--model lite"))
        }
    }

    @Test("--sheet draws an image")
    func sheet() throws {
        try Self.withBench { bench in
            let file = bench.home.appending(path: "sheet.png")
            let run = try bench.run(
                ["compare", bench.image("a.png"), bench.images.path, "--sheet", file.path] + bench.model)
            #expect(run.code == 0, "\(run.error)")
            let image = try Image(contentsOf: file)
            #expect(image.width > 400)
        }
    }

    @Test("Every kind of kernel gives the same ranking and near distances")
    func kernels() throws {
        try Self.withBench { bench in
            let arguments = ["compare", bench.image("a.png"), bench.images.path, "--format", "json"] + bench.model
            let hardware = try bench.run(["models", "info", "--hardware"]).output
            let kinds = try #require(hardware.firstMatch(of: #/this processor has ([a-z0-9, ]+)\)/#)).output.1
                .split(separator: ", ").map(String.init)
            #expect(kinds.contains("baseline"))
            let runs = try kinds.map { kind in
                let run = try bench.run(arguments, environment: ["DREAMSIM_SIMD": kind])
                return try #require(try run.json()["results"] as? [[String: Any]]).map {
                    ($0["values"] as? [String: Double])?["tiny"] ?? .nan
                }
            }
            for run in runs {
                for (a, b) in zip(run, runs[0]) { #expect(abs(a - b) < 1e-6) }
            }
        }
    }

    @Test("models convert writes one file that --model takes")
    func convert() throws {
        try Self.withBench { bench in
            let file = bench.home.appending(path: "whole.safetensors").path
            let converted = try bench.run(["models", "convert", bench.model[1], "-o", file])
            #expect(converted.code == 0, "\(converted.error)")
            let pair = ["compare", bench.image("a.png"), bench.image("b.jpg"), "--side", "64", "--format", "csv"]
            let (whole, parts) = try (
                bench.run(pair + ["--model", file]), bench.run(pair + ["--model", bench.model[1]])
            )
            #expect(whole.output == parts.output && whole.code == 0)
        }
    }

    @Test("models list, info and verify work on an empty cache")
    func emptyCache() throws {
        try Fixtures.withTemporaryFolder { home in
            let list = try CommandRun(["models", "list", "--format", "csv"], home: home)
            #expect(list.code == 0 && list.output.contains("ensemble,false,1792,96.9,96.2"))
            let info = try CommandRun(["models", "info", "ensemble"], home: home)
            #expect(info.code == 0 && info.output.contains("license") && info.output.contains("not here"))
            #expect(info.output.contains("float32, int16, int8") && !info.output.contains("merged  "))
            let verified = try CommandRun(["models", "verify"], home: home)
            #expect(verified.code == 0)
        }
    }

    @Test("models info names a model's own merged files, and their precision")
    func mergedFiles() throws {
        try Fixtures.withTemporaryFolder { home in
            let merged = home.appending(path: "merged")
            try FileManager.default.createDirectory(at: merged, withIntermediateDirectories: true)
            let names = [
                "lite-0123456789abcdef", "lite-0123456789abcdef-int16", "lite-0123456789abcdef-int8-01234567",
                "lite-2-0123456789abcdef-int16",
            ].map { $0 + ".dreamsim.safetensors" }
            for name in names { try Data(name.utf8).write(to: merged.appending(path: name)) }
            let info = try CommandRun(["models", "info", "lite"], home: home)
            #expect(info.code == 0 && !info.output.contains(names[3]), "\(info.error)")
            for (precision, name) in zip(["float32", "int16", "int8"], names) {
                #expect(info.output.contains("\(precision): \(merged.appending(path: name).path), "), "\(info.output)")
            }
        }
    }

    @Test("Help has examples, and completions are made for every shell", arguments: ["bash", "zsh", "fish"])
    func help(shell: String) throws {
        try Fixtures.withTemporaryFolder { home in
            for command in [["--help"], ["compare", "--help"], ["vote", "--help"], ["embed", "--help"]] {
                let run = try CommandRun(command, home: home)
                #expect(run.code == 0 && run.output.contains("EXAMPLES"))
            }
            let script = try CommandRun(["--generate-completion-script", shell], home: home)
            #expect(script.code == 0 && script.output.contains("dreamsim"))
        }
    }
}
