import DreamSim
import DreamSimCheckpoints
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// What an index remembers of the head and the adapter that it was made with.
@Suite("The command: an index's head and adapter")
struct IndexModelTests {
    private static func tensor(_ shape: Shape, _ seed: UInt64) -> Tensor {
        var generator = SeededGenerator(state: seed)
        return Tensor((0..<shape.count).map { _ in Float.random(in: -0.4...0.4, using: &generator) }, shape: shape)
    }

    /// Writes a head or an adapter of random weights for the bench's model.
    private static func write(_ kind: String, to url: URL, seed: UInt64 = 1) throws {
        var file = url
        var tensors = [
            (name: "fc1.weight", tensor: tensor([16, 48], seed)), ("fc1.bias", tensor([16], seed + 1)),
            ("fc2.weight", tensor([48, 16], seed + 2)), ("fc2.bias", tensor([48], seed + 3)),
        ]
        if kind == "adapter" {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try Data(#"{"peft_type": "LORA", "r": 4, "lora_alpha": 2, "bias": "none"}"#.utf8).write(
                to: url.appending(path: "adapter_config.json"))
            file = url.appending(path: "adapter_model.safetensors")
            let layer = "base_model.model.extractor_list.0.model.blocks.1.attn.qkv"
            tensors = [
                (layer + ".lora_A.weight", tensor([4, 48], seed)),
                (layer + ".lora_B.weight", tensor([144, 4], seed + 1)),
            ]
        }
        try SafetensorsWriter.write(tensors, metadata: [:], to: file)
    }

    /// Runs `body` with an index that was made with a head or an adapter, and a search that needs the model.
    private static func withIndex(
        _ kind: String, _ body: (CommandTests.Bench, _ tuned: URL, _ index: String, _ search: [String]) throws -> Void
    ) throws {
        try CommandTests.withBench { bench in
            let tuned = bench.home.appending(path: kind == "head" ? "tuned.safetensors" : "tuned")
            try Self.write(kind, to: tuned)
            let index = bench.home.appending(path: "i").path
            let made = try bench.run(
                ["index", bench.images.path, "--index", index, "--\(kind)", tuned.path] + bench.model)
            #expect(made.code == 0, "\(made.error)")
            let stranger = Fixtures.file("formats/gray.png").path
            try body(bench, tuned, index, ["search", stranger, "--index", index, "--quiet"])
        }
    }

    @Test("Searches and updates find the head and the adapter by themselves", arguments: ["head", "adapter"])
    func remembered(kind: String) throws {
        try Self.withIndex(kind) { bench, tuned, index, search in
            let found = try bench.run(search)
            #expect(found.code == 0 && found.output.contains("a.png"), "\(found.error)")
            #expect(try bench.run(search + ["--\(kind)", tuned.path]).output == found.output)
            let again = try bench.run(["index", "--index", index])
            #expect(again.code == 0 && again.output.contains("3 unchanged"), "\(again.error)")
            let exported = bench.home.appending(path: "out.ndjson").path
            #expect(try bench.run(["index", "export", exported, "--index", index]).code == 0)
            let copy = bench.home.appending(path: "copy").path
            #expect(try bench.run(["index", "import", exported, "--index", copy]).code == 0)
            let inCopy = try bench.run(search.map { $0 == index ? copy : $0 })
            #expect(inCopy.code == 0 && inCopy.output == found.output, "\(inCopy.error)")
        }
    }

    @Test("One that is gone is named, and is remembered where it is found next", arguments: ["head", "adapter"])
    func moved(kind: String) throws {
        try Self.withIndex(kind) { bench, tuned, index, search in
            let found = try bench.run(search)
            let place = bench.home.appending(path: kind == "head" ? "other.safetensors" : "other")
            try FileManager.default.moveItem(at: tuned, to: place)
            for arguments in [search, ["index", "--index", index]] {
                let gone = try bench.run(arguments)
                #expect(gone.code == 2 && gone.output.isEmpty, "\(gone.error)")
                #expect(gone.error.contains("\(tuned.path): the \(kind) that the index was made with is not there"))
                #expect(gone.error.contains("--\(kind)"))
            }
            // An image that the index knows needs no model.
            let known = try bench.run(["search", bench.image("a.png"), "--index", index])
            #expect(known.code == 0, "\(known.error)")
            let there = try bench.run(search + ["--\(kind)", place.path])
            #expect(there.code == 0 && there.output == found.output, "\(there.error)")
            #expect(try bench.run(search).code == 2)
            let updated = try bench.run(["index", "--index", index, "--\(kind)", place.path])
            #expect(updated.code == 0 && updated.output.contains("3 unchanged"), "\(updated.error)")
            #expect(try bench.run(search).output == found.output)
        }
    }

    @Test("One that has changed is refused", arguments: ["head", "adapter"])
    func changed(kind: String) throws {
        try Self.withIndex(kind) { bench, tuned, index, search in
            try Self.write(kind, to: tuned, seed: 7)
            for arguments in [search, ["index", "--index", index]] {
                let run = try bench.run(arguments)
                #expect(run.code == 2 && run.output.isEmpty)
                #expect(run.error.contains("\(tuned.path): the \(kind) has changed since"), "\(run.error)")
            }
            let named = try bench.run(search + ["--\(kind)", tuned.path])
            #expect(named.code == 2 && named.error.contains("was made with weights"), "\(named.error)")
        }
    }

    @Test("Queries in another precision are for searches that ask for them; an index has one precision")
    func precision() throws {
        try CommandTests.withBench { bench in
            let index = bench.home.appending(path: "i").path
            #expect(try bench.run(["index", bench.images.path, "--index", index] + bench.model).code == 0)
            let search = ["search", Fixtures.file("formats/gray.png").path, "--index", index, "--format", "json"]
            func first(_ run: CommandRun) throws -> (image: String?, distance: Double) {
                #expect(run.code == 0, "\(run.error)")
                let searches = try #require(try run.json()["searches"] as? [[String: Any]])
                let hit = try #require((searches.first?["results"] as? [[String: Any]])?.first)
                return (
                    hit["image"] as? String, try #require((hit["values"] as? [String: Double])?.values.first)
                )
            }
            let own = try bench.run(search + ["--query-precision", "float32"])
            #expect(!own.error.contains("across precisions"), "\(own.error)")
            #expect(try bench.run(search).output == own.output)
            let asked = try bench.run(search + ["--query-precision", "int16"])
            #expect(asked.error.contains("the queries in int16, the index in float32"), "\(asked.error)")
            let (exact, rounded) = (try first(own), try first(asked))
            #expect(rounded.image == exact.image && rounded.distance != exact.distance)
            #expect(abs(rounded.distance - exact.distance) < 0.01)
            // What the index has is not embedded again.
            let known = try bench.run(["search", bench.image("a.png"), "--index", index, "--query-precision", "int16"])
            #expect(known.code == 0 && known.error.contains("changes nothing"), "\(known.error)")
            let status = try bench.run(["index", "--index", index, "--status"])
            #expect(status.code == 0 && status.output.contains("3 images in all, embedded by tiny, weights "))
            let mixed = try bench.run(["index", "--index", index, "--precision", "int16"])
            #expect(mixed.code == 2 && mixed.error.contains("in int16"), "\(mixed.error)")
            let hashes = bench.home.appending(path: "hashes").path
            #expect(try bench.run(["index", bench.images.path, "--index", hashes, "--model", "pdq"]).code == 0)
            let useless = try bench.run(
                search.map { $0 == index ? hashes : $0 } + ["--query-precision", "int16"])
            #expect(useless.code == 64 && useless.error.contains("--query-precision is for models"), "\(useless.error)")
        }
    }

    @Test("What integers change is measured with an adapter too, which LPIPS has none of")
    func precisionOfAdapter() throws {
        try CommandTests.withBench { bench in
            let adapter = bench.home.appending(path: "tuned")
            try Self.write("adapter", to: adapter)
            let tail = [bench.images.path, "--precision", "int16", "--format", "json", "-q"]
            let own = try bench.run(["models", "precision", bench.model[1]] + tail)
            let tuned = try bench.run(["models", "precision", bench.model[1]] + tail + ["--adapter", adapter.path])
            #expect(own.code == 0 && tuned.code == 0, "\(own.error)\(tuned.error)")
            let (first, second) = (try own.json(), try tuned.json())
            #expect(first["pairs"] as? Int == 3 && (second["results"] as? [Any])?.count == 1)
            #expect(first["weights"] as? String != second["weights"] as? String)
            let other = try bench.run(["models", "precision", "lpips-alex"] + tail + ["--adapter", adapter.path])
            #expect(other.code == 64 && other.error.contains("--adapter is for models, and lpips-alex is none"))
        }
    }

    @Test("A model that is gone is named; another model of the catalog does not get the index's head")
    func source() throws {
        try Self.withIndex("head") { bench, tuned, index, search in
            let place = bench.home.appending(path: "moved.json")
            try FileManager.default.moveItem(at: bench.home.appending(path: "model.json"), to: place)
            let gone = try bench.run(search)
            #expect(gone.code == 2 && gone.error.contains("/model.json: the model that the index was made with"))
            let there = try bench.run(search + ["--model", place.path])
            #expect(there.code == 0, "\(there.error)")
            #expect(try bench.run(["index", "--index", index, "--model", place.path]).code == 0)
            #expect(try bench.run(search).output == there.output)
            let other = try bench.run(["index", "--index", index, "--model", "vits14-focus"])
            #expect(other.code == 2 && other.error.contains("vits14-focus") && !other.error.contains("tuned"))
        }
    }
}
