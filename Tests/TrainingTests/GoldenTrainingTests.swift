import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimTensors
import DreamSimTraining
import Foundation
import TestSupport
import Testing

/// Twelve steps of LoRA training of a small ensemble, as PyTorch and PEFT took them.
@Suite("Training against PyTorch", .enabled(if: Fixtures.shared != nil, "\(Fixtures.sharedIsMissing)"))
struct GoldenTrainingTests {
    @Test("Twelve steps: the losses, the first gradients and the final factors")
    func twelveSteps() async throws {
        let golden = try Checkpoint(
            contentsOf: try #require(Fixtures.shared).appending(path: "golden/tiny/training.safetensors"))
        let model = try await TrainingTests.model()
        var options = TrainingOptions(alpha: 8, dropout: 0, batchSize: 6, epochs: 3)
        options.rank = 4
        options.adam.learningRate = 3e-3
        let trainer = try Fixtures.withTemporaryFolder { folder in
            try Self.writeInitial(golden, to: folder)
            return try Trainer(model, options, from: LoRAAdapter(folder: folder))
        }
        let images = try ["reference", "left", "right"].map { try golden.tensor($0 + "_images") }
        let votes = try golden.tensor("right_preferred").values
        let expected = try golden.tensor("losses").values
        for step in 0..<12 {
            let range = (step * 6 % 24)..<(step * 6 % 24 + 6)
            let batch = try TripletBatch(
                references: images[0].images(range), left: images[1].images(range), right: images[2].images(range),
                rightPreferred: Array(votes[range]))
            if step == 0 {
                for (name, gradient) in try trainer.gradients(of: batch).1 {
                    let difference = Difference(gradient, try golden.tensor("first_grad." + name))
                    #expect(difference.relativeL2 < 1e-5, "\(name): \(difference)")
                }
            }
            let outcome = try trainer.step(batch)
            #expect(abs(outcome.loss - Double(expected[step])) < 1e-5, "step \(step)")
        }
        var worst = 0.0
        for (index, layers) in trainer.adapter.updates {
            for (layer, update) in layers {
                let name = "final.base_model.model.extractor_list.\(index).model.\(layer).lora_"
                for (half, tensor) in [("A", update.down), ("B", update.up)] {
                    let difference = Difference(tensor, try golden.tensor(name + half + ".weight"))
                    worst = max(worst, difference.relativeL2)
                    #expect(difference.relativeL2 < 1e-4, "\(name + half): \(difference)")
                }
            }
        }
        #expect(worst > 0)
    }

    private static func writeInitial(_ golden: Checkpoint, to folder: URL) throws {
        let names = golden.names.filter { $0.hasPrefix("initial.") }
        #expect(names.count == 18)
        try SafetensorsWriter.write(
            names.map { (name: String($0.dropFirst("initial.".count)), tensor: try golden.tensor($0)) },
            to: folder.appending(path: "adapter_model.safetensors"))
        try Data(#"{"peft_type": "LORA", "r": 4, "lora_alpha": 8, "bias": "none"}"#.utf8)
            .write(to: folder.appending(path: "adapter_config.json"))
    }
}
