// Tunes a model on votes step by step, and takes the result for a loss:
//     swift run -c release tuning-example VOTES.csv FOLDER
import DreamSim
import DreamSimEvaluation
import DreamSimTraining
import Foundation

@main
enum Tuning {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().map { $0 }
        guard arguments.count == 2, let untuned = Catalog.model(named: "vits14-focus")?.untuned else {
            print("usage: tuning-example VOTES.csv FOLDER")
            return
        }
        let folder = URL(filePath: arguments[1])
        let votes = TrainingTriplet.all(in: try .triplets(ImagePath(arguments[0]))).prefix(8)

        // Models are trained without their adapter and with embeddings as they are.
        var loading = PerceptualModel.LoadingOptions(store: try .fromEnvironment(), isNormalized: false)
        let model = try await PerceptualModel.load(untuned, options: loading)
        func batch(_ image: KeyPath<TrainingTriplet, ImagePath>) throws -> Tensor {
            try Tensor(
                votes.map { model.preprocessing.applied(to: try Image(contentsOfFile: $0[keyPath: image].bytes)) })
        }
        let batches = try TripletBatch(
            references: batch(\.reference), left: batch(\.left), right: batch(\.right),
            rightPreferred: votes.map(\.rightPreferred))
        var options = TrainingOptions.single
        options.layers = 2
        let trainer = try Trainer(model, options)
        for _ in 0..<5 { print("step", trainer.steps + 1, "loss", try trainer.step(batches).loss) }
        try trainer.adapter.write(to: folder)

        // The tuned model beside plain pixels, as one loss, and how it changes with every pixel of the left image.
        loading.isNormalized = true
        let tuned = try await PerceptualModel.load(untuned.adapted(by: folder), options: loading)
        let pixels = try await Loss.load("0.1*mse")
        let loss = Loss([Loss.Term(tuned)] + pixels.terms)
        let step = try loss.target(batches.references).distanceAndGradient(batches.left)
        print(loss.name, step.distances, "gradient", step.gradient.shape)
    }
}
