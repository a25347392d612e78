import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimTensors
import DreamSimTraining
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Training of a head on frozen embeddings.
@Suite("Training a head", .serialized)
struct HeadTrainingTests {
    /// DINO's class token and its patches' mean, 96 components.
    static func model(isNormalized: Bool = false, head: URL? = nil) async throws -> PerceptualModel {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let json = try TinyModels.json(["dino"], feature: "cls_patch")
        var options = TinyModels.options(home: home, isNormalized: isNormalized)
        (options.keepsMergedFile, options.head) = (false, head)
        return try await PerceptualModel.load(TinyModels.write(json, to: home).path, options: options)
    }

    static func options() -> TrainingOptions {
        var options = TrainingOptions.mlp
        (options.hiddenWidth, options.batchSize, options.epochs) = (24, 4, 2)
        options.adam.learningRate = 3e-3
        return options
    }

    @Test(
        "Four steps as PyTorch takes them: the losses, the first gradients and the final weights", arguments: [2, 512])
    func golden(together: Int) async throws {
        let golden = try Checkpoint(contentsOf: Fixtures.file("training/head.safetensors"))
        let names = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
        let initial = try names.map { ($0, try golden.tensor("initial." + $0)) }
        let head = try EmbeddingHead(Dictionary(uniqueKeysWithValues: initial))
        var options = TrainingOptions.mlp
        options.adam.learningRate = 1e-3
        options.tripletsTogether = together
        let trainer = try Trainer(await Self.model(), options, head: head)
        #expect(trainer.options.hiddenWidth == 64)
        let losses = try golden.tensor("losses").values
        for step in 0..<4 {
            let rows = try golden.tensor("embeddings.\(step)")
            let perTriplet = rows.reshaped([18, 96])
            func role(_ role: Int) -> Tensor {
                Tensor(stacking: (0..<6).map { perTriplet.images((3 * $0 + role)..<(3 * $0 + role + 1)) })
            }
            let batch = try TripletBatch(
                references: role(0), left: role(1), right: role(2),
                rightPreferred: golden.tensor("votes.\(step)").values)
            if step == 0 {
                let gradients = try trainer.gradients(of: batch).1
                #expect(gradients.count == 4)
                for (name, gradient) in gradients {
                    let difference = Difference(gradient, try golden.tensor("first." + name))
                    #expect(difference.relativeL2 < 1e-5, "\(name): \(difference)")
                }
            }
            let loss = try trainer.step(batch).loss
            #expect(abs(loss - Double(losses[step])) < 1e-5, "step \(step): \(loss), \(losses[step])")
        }
        guard case .head(let result, _) = trainer.result else { throw CocoaError(.coderInvalidValue) }
        for name in names {
            let (final, start) = (try golden.tensor("final." + name), try golden.tensor("initial." + name))
            let difference = Difference(try #require(result.tensors[name]), final)
            #expect(difference.relativeL2 < 1e-4, "\(name): \(difference)")
            // That is far less than it has moved.
            #expect(Difference(start, final).relativeL2 > 1e-2)
        }
    }

    @Test("The reference's settings are the defaults, and a fresh head begins as PyTorch's layers do")
    func beginning() async throws {
        let options = TrainingOptions.mlp
        #expect(options.hiddenWidth == 512 && options.batchSize == 512 && options.epochs == 20)
        #expect(options.adam == Adam.Settings() && options.margin == 0.05 && options.seed == 1234)
        let trainer = try Trainer(await Self.model(), options)
        guard case .head(let head, let origin) = trainer.result else { throw CocoaError(.coderInvalidValue) }
        #expect(head.width == 96 && head.hiddenWidth == 512)
        #expect(origin == EmbeddingHead.Origin(model: "tiny", weights: trainer.model.stamp.weights))
        for (name, tensor) in head.tensors {
            let bound = 1 / Float(name.hasPrefix("fc1") ? 96 : 512).squareRoot()
            #expect(tensor.values.allSatisfy { abs($0) <= bound } && tensor.values.contains { abs($0) > 0.9 * bound })
            #expect(abs(tensor.values.reduce(0, +) / Float(tensor.count)) < 0.25 * bound, "\(name)")
        }
    }

    @Test("A batch of images is one of their embeddings, and what is learnt is what the model with the head says")
    func images() async throws {
        let model = try await Self.model()
        let (images, trainer) = (try TrainingTests.batch(5, seed: 3), try Trainer(model, Self.options()))
        let embeddings = try TripletBatch(
            references: model.embed(batch: images.references), left: model.embed(batch: images.left),
            right: model.embed(batch: images.right), rightPreferred: images.rightPreferred)
        #expect(try trainer.validate(images) == trainer.validate(embeddings))
        for _ in 0..<3 { try trainer.step(embeddings) }
        try await Fixtures.withTemporaryFolderAsync { folder in
            let file = folder.appending(path: "head.safetensors")
            guard case .head(let head, let origin) = trainer.result else { throw CocoaError(.coderInvalidValue) }
            try head.write(to: file, origin: origin)
            let headed = try await Self.model(head: file)
            #expect(abs(try trainer.validate(images).loss - TrainingTests.loss(of: images, headed)) < 1e-6)
            // A run can continue from the head, and not from a model that has it.
            #expect(try Trainer(model, Self.options(), head: head).validate(images) == trainer.validate(images))
            let error = try #require(throws: DreamSimError.self) { try Trainer(headed, Self.options()) }
            #expect(error.kind == .badSetting && error.reason.contains("head"))
        }
    }

    @Test(
        "A run learns, embeds each image once, and resumes to the very same files when it was stopped",
        arguments: [1, 3])
    func resuming(stop: Int) async throws {
        let model = try await Self.model()
        try Fixtures.withTemporaryFolder { folder in
            let run = try TrainingRunTests.runs(of: model, Self.options(), in: folder)
            var embedded: [Int] = []
            try run("whole").run { if case .embedded(let done, let total) = $0, total == 39 { embedded.append(done) } }
            #expect(embedded.last == 39 && embedded == embedded.sorted())
            let resumed = try TrainingRunTests.expectSame(
                ["checkpoint.safetensors", "head.safetensors", "best.safetensors"], after: stop, in: folder, run)
            let last = try EmbeddingHead.read(folder.appending(path: "part/head.safetensors")).head
            guard case .head(let head, _) = resumed.trainer.result else { throw CocoaError(.coderInvalidValue) }
            #expect(last.tensors == head.tensors)
        }
    }

    @Test("Embeddings are kept for other runs, which come to the very same head")
    func cached() async throws {
        let model = try await Self.model()
        try Fixtures.withTemporaryFolder { folder in
            let training = try TrainingRunTests.triplets(6, in: folder)
            let cache = folder.appending(path: "cache")
            func head(_ name: String, cache: URL?) throws -> Data {
                var settings = TrainingRun.Settings()
                settings.cache = cache
                let run = try TrainingRun(
                    model, Self.options(), training: training, folder: folder.appending(path: name), settings: settings)
                var notes: [String] = []
                try run.run { if case .note(let text) = $0 { notes.append(text) } }
                // How much is kept is said, and nothing went wrong.
                #expect(cache == nil ? notes.isEmpty : notes.count == 1 && notes[0].hasPrefix("embeddings: "))
                return try Data(contentsOf: folder.appending(path: name + "/head.safetensors"))
            }
            let plain = try head("plain", cache: nil)
            #expect(try head("first", cache: cache) == plain)
            let files = try FileManager.default.contentsOfDirectory(at: cache, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "rows" }
            let size = try Data(contentsOf: try #require(files.first)).count
            // 18 images of 96 numbers, with a key and a sum each, after a line of text.
            #expect(files.count == 1 && size > 18 * (32 + 4 + 4 * 96) && size < 19 * (32 + 4 + 4 * 96) + 1000)
            #expect(try head("second", cache: cache) == plain)
            #expect(try Data(contentsOf: files[0]).count == size)
        }
    }

    @Test("Heads of another shape, normalized models and embeddings of another width are refused")
    func refused() async throws {
        let model = try await Self.model()
        func refusal(_ body: () throws -> Void) throws -> DreamSimError {
            try #require(throws: DreamSimError.self, performing: body)
        }
        let narrow = try EmbeddingHead(
            EmbeddingHead.shapes(width: 48, hiddenWidth: 8).mapValues { Tensor(zeros: $0) })
        #expect(try refusal { _ = try Trainer(model, .mlp, head: narrow) }.reason.contains("48"))
        #expect(try refusal { _ = try Trainer(model, .single, head: narrow) }.reason.contains("only mlp"))
        let adapter = LoRAAdapter(rank: 2, scale: 1, updates: [:])
        #expect(try refusal { _ = try Trainer(model, .mlp, from: adapter) }.reason.contains("only lora"))
        let normalized = try await Self.model(isNormalized: true)
        #expect(try refusal { _ = try Trainer(normalized, .mlp) }.reason.contains("normalizes"))
        for change in [{ $0.layers = 2 }, { $0.dropout = 0.1 }, { $0.hiddenWidth = 0 }]
            as [(inout TrainingOptions) -> Void]
        {
            var options = Self.options()
            change(&options)
            #expect(try refusal { _ = try Trainer(model, options) }.kind == .badSetting)
        }
        let rows = Tensor(zeros: [2, 95])
        let batch = try TripletBatch(references: rows, left: rows, right: rows, rightPreferred: [0, 1])
        #expect(try refusal { try Trainer(model, Self.options()).step(batch) }.reason.contains("95"))
        #expect(try refusal { try Trainer(model, .single).step(batch) }.reason.contains("learns from images"))
    }
}
