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

/// Training of every weight.
@Suite("Training every weight", .serialized)
struct FullTrainingTests {
    static func options() -> TrainingOptions {
        var options = TrainingOptions.full
        (options.batchSize, options.epochs) = (4, 2)
        options.adam.learningRate = 1e-4
        return options
    }

    /// [count, 3, 64, 64] as Scripts/fixtures/make_training.py makes them.
    static func images(_ count: Int, seed: UInt64) -> Tensor {
        var generator = SeededGenerator(state: seed)
        let shape: Shape = [count, 3, 64, 64]
        return Tensor((0..<shape.count).map { _ in Float(generator.next() >> 40) * 0x1p-24 }, shape: shape)
    }

    @Test("Four steps as PyTorch takes them: the losses, the first gradients and the final weights", arguments: [1, 3])
    func golden(together: Int) async throws {
        let golden = try Checkpoint(contentsOf: Fixtures.file("training/full.safetensors"))
        let model = try await TrainingTests.model(["dino", "clip"])
        var options = Self.options()
        (options.tripletsTogether, options.recomputesBlocks) = (together, together == 1)
        let trainer = try Trainer(model, options)
        let (losses, votes) = (try golden.tensor("losses").values, try golden.tensor("votes").values)
        let start = Self.weights(trainer)
        #expect(losses[3] == 0 && losses[2] > 0)
        for step in 0..<4 {
            let images = Self.images(9, seed: step % 2 == 0 ? 11 : 12)
            func role(_ role: Int) -> Tensor {
                Tensor(stacking: (0..<3).map { images.images((3 * $0 + role)..<(3 * $0 + role + 1)) })
            }
            let batch = try TripletBatch(references: role(0), left: role(1), right: role(2), rightPreferred: votes)
            if step == 0 {
                let difference = Difference(model.embed(batch: images), try golden.tensor("embeddings"))
                #expect(difference.relativeL2 < 1e-5, "\(difference)")
                let gradients = try trainer.gradients(of: batch).1
                let names = golden.names.filter { $0.hasPrefix("first.") }.map { String($0.dropFirst(6)) }
                #expect(Set(gradients.keys) == Set(names) && names.count > 80)
                for name in names {
                    let gradient = try #require(gradients[name])
                    #expect(gradient.count == start[name]?.count)
                    let difference = Difference(Self.sampled(gradient), try golden.tensor("first." + name).values)
                    #expect(difference.relativeL2 < 1e-4, "\(name): \(difference)")
                }
            }
            let loss = try trainer.step(batch).loss
            #expect(abs(loss - Double(losses[step])) < 1e-5, "step \(step): \(loss), \(losses[step])")
        }
        var (apart, moved) = (0.0, 0.0)
        for (name, tensor) in Self.weights(trainer) {
            var (actual, expected) = (Self.sampled(tensor), try golden.tensor("final." + name).values)
            if name.hasSuffix("attn.qkv.bias") {
                // A bias of all keys shifts every score alike, and the softmax takes it out: its gradient is zero but for
                // rounding, which Adam makes large.
                for i in actual.indices where (48..<96).contains(23 * i) { (actual[i], expected[i]) = (0, 0) }
            }
            let difference = Difference(actual, expected)
            #expect(difference.relativeL2 < 1e-4, "\(name): \(difference)")
            for (i, value) in Self.sampled(try #require(start[name])).enumerated() where actual[i] != expected[i] {
                apart += pow(Double(actual[i] - expected[i]), 2)
                moved += pow(Double(value - expected[i]), 2)
            }
        }
        #expect(moved > 0 && (apart / moved).squareRoot() < 0.02, "\((apart / moved).squareRoot()) of the way")
    }

    private static func sampled(_ tensor: Tensor) -> [Float] {
        let values = tensor.values
        return stride(from: 0, to: values.count, by: 23).map { values[$0] }
    }

    private static func weights(_ trainer: Trainer) -> [String: Tensor] {
        guard case .model(let model) = trainer.result else { return [:] }
        return model.transformerWeights
    }

    @Test(
        "The first weights are the model's, in every shape that gradients have",
        arguments: ["dino", "clip", "open_clip"])
    func beginning(family: String) async throws {
        let model = try await TrainingTests.model([family])
        let file = try Checkpoint(contentsOf: Fixtures.file("tiny/\(family).safetensors"))
        let weights = model.transformerWeights
        #expect(Set(weights.keys) == Set(file.names.map { "0." + $0 }))
        for name in file.names { #expect(try weights["0." + name] == file.tensor(name), "\(name)") }
        #expect(TrainingOptions.full.adam.learningRate == 1e-5 && TrainingOptions.full.batchSize == 32)
        let trainer = try Trainer(model, Self.options())
        for (name, gradient) in try trainer.gradients(of: TrainingTests.batch(2, seed: 1)).1 {
            #expect(gradient.shape == weights[name]?.shape, "\(name)")
        }
    }

    @Test("What was learnt is a whole model: it loads by its path, says the same, and can be learnt on")
    func result() async throws {
        let model = try await TrainingTests.model(["dino", "clip"])
        let (trainer, batch) = (try Trainer(model, Self.options()), try TrainingTests.batch(4, seed: 9))
        for step in 0..<2 { try trainer.step(TrainingTests.batch(4, seed: UInt64(step))) }
        guard case .model(let tuned) = trainer.result else { throw CocoaError(.coderInvalidValue) }
        try await Fixtures.withTemporaryFolderAsync { folder in
            let file = folder.appending(path: "model.safetensors")
            try tuned.write(to: file)
            var options = TinyModels.options(home: folder, isNormalized: false)
            options.keepsMergedFile = false
            let loaded = try await PerceptualModel.load(file.path, options: options)
            #expect(loaded.stamp == tuned.stamp && loaded.stamp.model == "tiny+full")
            #expect(loaded.stamp.weights != model.stamp.weights)
            #expect(loaded.embed(batch: batch.left) == tuned.embed(batch: batch.left))
            #expect(loaded.embed(batch: batch.left) != model.embed(batch: batch.left))
            #expect(loaded.transformerWeights == tuned.transformerWeights)
            #expect(try Trainer(loaded, Self.options()).validate(batch) == trainer.validate(batch))
            // Other programs read the weights by their canonical names.
            let names = try Checkpoint(contentsOf: file).names
            #expect(names.contains("0.blocks.2.attn.qkv.weight") && names.contains("1.proj"))
        }
    }

    @Test("A run resumes to the very same files when it was stopped, on any number of threads", arguments: [1, 3])
    func resuming(stop: Int) async throws {
        let (model, threads) = (try await TrainingTests.model(["dino"]), Parallel.threads)
        defer { Parallel.threads = threads }
        try Fixtures.withTemporaryFolder { folder in
            let run = try TrainingRunTests.runs(of: model, Self.options(), in: folder)
            Parallel.threads = 1
            try run("whole").run()
            Parallel.threads = 2
            let resumed = try TrainingRunTests.expectSame(
                ["checkpoint.safetensors", "model.safetensors", "best.safetensors"], after: stop, in: folder, run)
            let other = try #require(throws: DreamSimError.self) {
                try TrainingRun(
                    model, TrainingRunTests.options(), training: resumed.training,
                    folder: folder.appending(path: "part"))
            }
            #expect(other.kind == .badCheckpoint && other.reason.contains("other settings"))
        }
    }

    @Test("A checkpoint from before there were methods is one of low-rank updates")
    func olderOptions() throws {
        let options = TrainingTests.options()
        var json = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(options)) as? [String: Any])
        #expect(json["method"] as? String == "lora" && json["hiddenWidth"] as? Int == 512)
        (json["method"], json["hiddenWidth"]) = (nil, nil)
        let data = try JSONSerialization.data(withJSONObject: json)
        #expect(try JSONDecoder().decode(TrainingOptions.self, from: data) == options)
        let full = Self.options()
        #expect(try JSONDecoder().decode(TrainingOptions.self, from: JSONEncoder().encode(full)) == full)
    }
}
