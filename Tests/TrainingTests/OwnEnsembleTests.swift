import DreamSim
import DreamSimNetworks
import DreamSimTraining
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// An ensemble of newer families, from its first triplet to the model that it becomes.
@Suite("An ensemble of one's own")
struct OwnEnsembleTests {
    private static let families = ["dinov3_hf", "siglip_hf"]

    @Test("Is tuned on 40 triplets, kept, loaded by its description, merged and embedded")
    func whole() async throws {
        try await Fixtures.withTemporaryFolderAsync { home in
            let names = Self.families.map { home.appending(path: $0).path }
            for (family, name) in zip(Self.families, names) {
                try TinyPretrained.write(family, to: URL(filePath: name))
            }
            var options = TinyModels.options(home: home, isNormalized: false)
            let store = ModelStore(options.store)
            let model = try await PerceptualModel.load(
                ModelDescription(ensembleOf: names, in: store), options: options)
            #expect(model.width == 128)
            let triplets = try TrainingRunTests.triplets(40, in: home)
            let folder = home.appending(path: "run")
            let run = try TrainingRun(
                model, TrainingRunTests.options(epochs: 4), training: triplets,
                validation: TrainingRunTests.triplets(8, in: home, seed: 2), folder: folder)
            var losses: [Double] = []
            try run.run { event in
                if case .step(let step) = event { losses.append(step.outcome.loss) }
            }
            let perEpoch = losses.count / 4
            let (first, last) = (losses.prefix(perEpoch).reduce(0, +), losses.suffix(perEpoch).reduce(0, +))
            #expect(last < 0.8 * first, "loss went from \(first) to \(last)")

            let description = folder.appending(path: "model.json")
            try ModelDescription.writeEnsemble(names, adapter: "best", to: description)
            let tuned = try await PerceptualModel.load(description.path, options: options)
            let image = TinyModels.image(7)
            let embedding = tuned.embed(image).values
            #expect(Difference(embedding, model.embed(image).values).relativeL2 > 1e-3)
            // The updates beside the weights give what those merged into them do.
            let trained = try Trainer(
                model, TrainingRunTests.options(), from: LoRAAdapter(folder: folder.appending(path: "best")))
            let triplet = try TripletBatch(
                references: model.preprocessing.batch([model.preprocessing.applied(to: image)]),
                left: model.preprocessing.batch([model.preprocessing.applied(to: TinyModels.image(8))]),
                right: model.preprocessing.batch([model.preprocessing.applied(to: TinyModels.image(9))]),
                rightPreferred: [1])
            let beside = try trained.validate(triplet)
            let merged = try Trainer(tuned, TrainingRunTests.options()).validate(triplet)
            #expect(abs(beside.loss - merged.loss) < 1e-5)
            // Mapped from the merged file the second time.
            options.keepsMergedFile = true
            let mapped = try await PerceptualModel.load(description.path, options: options)
            #expect(mapped.embed(image).values == embedding)
            let file = home.appending(path: "ours.safetensors")
            try PerceptualModel.convert(tuned.description, store: store, to: file)
            let converted = try await PerceptualModel.load(file.path, options: options)
            #expect(converted.embed(image).values == embedding)
        }
    }
}
