import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import DreamSimTraining
import Foundation
import ModelTestSupport
import TestSupport
import Testing

@Suite("Training", .serialized)
struct TrainingTests {
    /// The small recorded ensemble, raw as the reference trains.
    static func model(
        _ families: [String] = ["dino", "clip", "open_clip"], adapter: URL? = nil
    ) async throws -> PerceptualModel {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let json = try TinyModels.json(families, adapter: adapter?.path)
        var options = TinyModels.options(home: home, isNormalized: false)
        options.keepsMergedFile = false
        return try await PerceptualModel.load(TinyModels.write(json, to: home).path, options: options)
    }

    /// Random triplets.
    static func batch(_ count: Int, seed: UInt64, side: Int = 64) throws -> TripletBatch {
        var generator = SeededGenerator(state: seed)
        func images() -> Tensor {
            let shape: Shape = [count, 3, side, side]
            return Tensor((0..<shape.count).map { _ in Float.random(in: 0...1, using: &generator) }, shape: shape)
        }
        return try TripletBatch(
            references: images(), left: images(), right: images(),
            rightPreferred: (0..<count).map { _ in Float(Int.random(in: 0...1, using: &generator)) })
    }

    static func options(dropout: Float = 0.3) -> TrainingOptions {
        var options = TrainingOptions(alpha: 8, dropout: dropout, batchSize: 5, epochs: 1)
        options.rank = 4
        options.adam.learningRate = 3e-3
        return options
    }

    /// The mean hinge loss of triplets, by the distances of a model's embeddings.
    static func loss(of batch: TripletBatch, _ model: PerceptualModel) -> Double {
        let (a, b, c) = (
            model.embed(batch: batch.references).rows, model.embed(batch: batch.left).rows,
            model.embed(batch: batch.right).rows
        )
        let losses = a.indices.map { n in
            let (d0, d1) = (Embedding.cosineDistance(a[n], b[n]), Embedding.cosineDistance(a[n], c[n]))
            return max(0, 0.05 - (d0 - d1) * (2 * Double(batch.rightPreferred[n]) - 1))
        }
        return losses.reduce(0, +) / Double(losses.count)
    }

    @Test("The published models' settings are the defaults")
    func defaults() {
        for (options, alpha, dropout, batch, epochs) in [
            (TrainingOptions.ensemble, Float(8), Float(0.3), 16, 6), (.single, 32, 0.2, 32, 8),
        ] {
            #expect(options.rank == 16 && options.alpha == alpha && options.dropout == dropout)
            #expect(options.batchSize == batch && options.epochs == epochs && options.seed == 1234)
            #expect(options.margin == 0.05 && options.adam.learningRate == 3e-4 && options.adam.weightDecay == 0)
            #expect(options.adam.beta1 == 0.5 && options.adam.beta2 == 0.999 && options.adam.epsilon == 1e-8)
        }
    }

    @Test("A run begins as PEFT's does: A uniform within 1 / sqrt C, B zero, and the model as it was")
    func beginning() async throws {
        let model = try await Self.model()
        let trainer = try Trainer(model, Self.options(dropout: 0))
        for layers in trainer.adapter.updates.values {
            #expect(layers.count == 3)
            for update in layers.values {
                let values = update.down.values
                let bound = 1 / Float(48).squareRoot()
                #expect(values.allSatisfy { abs($0) <= bound } && values.contains { abs($0) > 0.9 * bound })
                #expect(abs(values.reduce(0, +) / Float(values.count)) < 0.25 * bound)
                #expect(update.up.values.allSatisfy { $0 == 0 })
            }
        }
        let batch = try Self.batch(3, seed: 1)
        let outcome = try trainer.validate(batch)
        #expect(abs(outcome.loss - Self.loss(of: batch, model)) < 1e-6)
    }

    @Test("Triplets together, and computing blocks again, change nothing but rounding", arguments: [1, 3, 5])
    func together(count: Int) async throws {
        let (model, batch) = (try await Self.model(["dino"]), try Self.batch(5, seed: 2))
        var options = Self.options()
        options.tripletsTogether = 5
        let expected = try Trainer(model, options).gradients(of: batch)
        options.tripletsTogether = count
        options.recomputesBlocks = true
        let actual = try Trainer(model, options).gradients(of: batch)
        #expect(abs(actual.0.loss - expected.0.loss) < 1e-7 && actual.0.agreement == expected.0.agreement)
        for (name, gradient) in expected.1 {
            #expect(Difference(try #require(actual.1[name]), gradient).relativeL2 < 1e-5)
        }
    }

    @Test("A run repeats bit by bit, on any number of threads; another seed gives another")
    func repeatable() async throws {
        let model = try await Self.model(["clip"])
        let before = Parallel.threads
        defer { Parallel.threads = before }
        func run(threads: Int, seed: UInt64 = 1234) throws -> [Int: [String: [Float]]] {
            Parallel.threads = threads
            var options = Self.options()
            options.seed = seed
            let trainer = try Trainer(model, options)
            for step in 0..<3 { try trainer.step(Self.batch(5, seed: UInt64(step))) }
            return trainer.adapter.updates.mapValues { $0.mapValues { $0.down.values + $0.up.values } }
        }
        let first = try run(threads: 1)
        #expect(try run(threads: 1) == first)
        #expect(try run(threads: 2) == first)
        #expect(try run(threads: 1, seed: 5) != first)
    }

    @Test("A run that was stopped resumes to the very same result", arguments: [0, 1, 3])
    func resuming(stop: Int) async throws {
        let model = try await Self.model(["dino", "clip"])
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "run.safetensors")
            let whole = try Trainer(model, Self.options())
            for step in 0..<5 { try whole.step(Self.batch(5, seed: UInt64(step))) }
            let part = try Trainer(model, Self.options())
            for step in 0..<stop { try part.step(Self.batch(5, seed: UInt64(step))) }
            try part.save(to: file)
            let resumed = try Trainer(model, resuming: file)
            #expect(resumed.steps == stop && resumed.options == whole.options)
            for step in stop..<5 { try resumed.step(Self.batch(5, seed: UInt64(step))) }
            try whole.save(to: file)
            let expected = try Data(contentsOf: file)
            try resumed.save(to: file)
            #expect(try Data(contentsOf: file) == expected)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
        }
    }

    @Test("A checkpoint of another run, model or kind is refused")
    func badCheckpoints() async throws {
        let (model, other) = (try await Self.model(["dino"]), try await Self.model(["clip"]))
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "run.safetensors")
            let trainer = try Trainer(model, Self.options())
            try trainer.step(Self.batch(2, seed: 1))
            try trainer.save(to: file)
            let good = try Checkpoint(contentsOf: file)
            func refused(_ model: PerceptualModel) throws -> DreamSimError {
                let error = try #require(throws: DreamSimError.self) { try Trainer(model, resuming: file) }
                #expect(error.kind == .badCheckpoint && error.subject == file.path)
                return error
            }
            #expect(try refused(other).reason.contains("belongs to a run"))
            var metadata = good.metadata
            func rewrite(_ change: (inout [(name: String, tensor: Tensor)]) -> Void = { _ in }) throws {
                var tensors = try good.names.map { (name: $0, tensor: try good.tensor($0)) }
                change(&tensors)
                let copy = folder.appending(path: "copy")
                try SafetensorsWriter.write(tensors, metadata: metadata, to: copy)
                try FileManager.default.removeItem(at: file)
                try FileManager.default.moveItem(at: copy, to: file)
            }
            try rewrite { $0.append((name: "more", tensor: Tensor(zeros: [1]))) }
            #expect(try refused(model).reason.contains("tensors"))
            try rewrite { $0[0].tensor = Tensor(zeros: [1, 2]) }
            #expect(try refused(model).reason.contains("shape"))
            metadata["version"] = "9"
            try rewrite()
            #expect(try refused(model).reason.contains("version"))
            metadata["version"] = "1"
            metadata["run"] = "{}"
            try rewrite()
            #expect(try refused(model).reason.contains("understandable"))
            metadata["format"] = nil
            try rewrite()
            #expect(try refused(model).reason.contains("is not a checkpoint"))
            try Data(contentsOf: file).prefix(200).write(to: file)
            #expect(throws: DreamSimError.self) { try Trainer(model, resuming: file) }
        }
    }

    @Test("An adapter that was written is one merged into the model, and a run can start from it")
    func adapters() async throws {
        let model = try await Self.model()
        let batch = try Self.batch(4, seed: 9)
        let trainer = try Trainer(model, Self.options())
        for step in 0..<3 { try trainer.step(Self.batch(5, seed: UInt64(step))) }
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try trainer.adapter.write(to: folder, dropout: 0.3)
        let tuned = try await Self.model(adapter: folder)
        let expected = try trainer.validate(batch)
        let merged = try Trainer(tuned, Self.options()).validate(batch)
        #expect(abs(merged.loss - expected.loss) < 1e-6)
        #expect(abs(try Trainer(model, Self.options()).validate(batch).loss - expected.loss) > 1e-4)

        let adapter = try LoRAAdapter(folder: folder)
        #expect(adapter.rank == 4 && adapter.scale == 2)
        let again = try Trainer(model, TrainingOptions.single, from: adapter)
        #expect(again.options.rank == 4 && again.options.alpha == 8)
        #expect(try again.validate(batch).loss == expected.loss)
        let other = try await Self.model(["dino"])
        let error = try #require(throws: DreamSimError.self) { try Trainer(other, .single, from: adapter) }
        #expect(error.kind == .badSetting)
    }

    @Test(
        "With some layers only the highest blocks are tuned, and their adapter names each of them", arguments: [1, 2])
    func layers(count: Int) async throws {
        let model = try await Self.model()
        var options = Self.options()
        options.layers = count
        let trainer = try Trainer(model, options)
        for step in 0..<2 { try trainer.step(Self.batch(4, seed: UInt64(step))) }
        let wanted = Set(((3 - count)..<3).map { "blocks.\($0).attn.qkv" })
        #expect(trainer.adapter.updates.count == 3)
        for layers in trainer.adapter.updates.values {
            #expect(Set(layers.keys) == wanted && layers.values.allSatisfy { $0.up.values.contains { $0 != 0 } })
        }
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try trainer.adapter.write(to: folder)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: "adapter_config.json")))
                as? [String: Any])
        let expected = (0..<3).flatMap { part in wanted.map { "extractor_list.\(part).model.\($0)" } }.sorted()
        #expect(json["target_modules"] as? [String] == expected)
        // Merged into the model it gives the same, and a run continues from it with as many layers, not with others.
        let batch = try Self.batch(4, seed: 9)
        let tuned = try await Self.model(adapter: folder)
        let merged = try Trainer(tuned, Self.options()).validate(batch)
        #expect(abs(try trainer.validate(batch).loss - merged.loss) < 1e-6)
        let adapter = try LoRAAdapter(folder: folder)
        #expect(try Trainer(model, options, from: adapter).validate(batch) == trainer.validate(batch))
        let error = try #require(throws: DreamSimError.self) { try Trainer(model, Self.options(), from: adapter) }
        #expect(error.kind == .badSetting && error.reason.contains("number of layers"))
    }

    @Test("Settings and batches that make no sense are refused")
    func refused() async throws {
        let model = try await Self.model(["dino"])
        let changes: [(inout TrainingOptions) -> Void] = [
            { $0.layers = 0 }, { $0.rank = 0 }, { $0.alpha = .nan }, { $0.dropout = 1 }, { $0.batchSize = 0 },
            { $0.epochs = 0 },
            { $0.margin = -1 }, { $0.tripletsTogether = 0 }, { $0.adam.learningRate = 0 }, { $0.adam.beta1 = 1 },
            { $0.adam.beta2 = -0.1 }, { $0.adam.epsilon = 0 }, { $0.adam.weightDecay = .infinity },
        ]
        for change in changes {
            var options = Self.options()
            change(&options)
            let error = try #require(throws: DreamSimError.self) { try Trainer(model, options) }
            #expect(error.kind == .badSetting)
        }
        let trainer = try Trainer(model, Self.options())
        let wrongSize = try Self.batch(2, seed: 1, side: 48)
        #expect(try #require(throws: DreamSimError.self) { try trainer.step(wrongSize) }.kind == .badBatch)
        let good = try Self.batch(2, seed: 1)
        for votes in [[Float(1)], [2, 0], [.nan, 0]] {
            let error = try #require(throws: DreamSimError.self) {
                try TripletBatch(
                    references: good.references, left: good.left, right: good.right, rightPreferred: votes)
            }
            #expect(error.kind == .badBatch)
        }
        var broken = good.references
        broken.withUnsafeMutableBufferPointer { $0[0] = .nan }
        let before = trainer.adapter.updates[0]?["blocks.0.attn.qkv"]?.down
        let batch = try TripletBatch(
            references: broken, left: good.left, right: good.right, rightPreferred: good.rightPreferred)
        #expect(try #require(throws: DreamSimError.self) { try trainer.step(batch) }.kind == .diverged)
        #expect(trainer.steps == 0 && trainer.adapter.updates[0]?["blocks.0.attn.qkv"]?.down == before)
    }
}
