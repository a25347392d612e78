// Tunes a model on a table of votes; a run that was stopped is taken up again:
//     swift run -c release tune-lora VOTES.csv FOLDER
import DreamSim
import DreamSimEvaluation
import DreamSimTraining
import Foundation

@main
enum TuneLoRA {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 2 else {
            print("usage: tune-lora VOTES.csv FOLDER")
            return
        }
        let run = try await TrainingRun.open(
            at: URL(filePath: arguments[1]), model: "vits14-focus", votes: .triplets(ImagePath(arguments[0])),
            options: .lora(rank: 16))
        for try await event in run.events() {
            switch event {
            case .step(let step): print("step", step.number, "of", step.total, "loss", step.outcome.loss)
            case .validated(let epoch, let outcome, _): print("epoch", epoch, "agreement", outcome.agreement)
            case .embedded(let done, let total): print("\(done) of \(total) embedded")
            case .note(let text): print(text)
            }
        }
        print("tuned:", try await run.best().description.name)
    }
}
