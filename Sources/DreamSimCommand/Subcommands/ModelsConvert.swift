import ArgumentParser
import DreamSim
import Foundation

struct ModelsConvert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Convert a model to one merged safetensors file.",
        discussion: """
            The file holds everything the model needs; --model takes its path on any machine.

            EXAMPLE
              dreamsim models convert ensemble -o ensemble.safetensors
            """)

    @Argument(help: "Model name, or description (.json).")
    var model: String

    @Option(
        name: .shortAndLong, help: ArgumentHelp("File to write (.safetensors).", valueName: "file"), completion: .file()
    )
    var output: String

    @Option(help: "Precision of linear layers; integers are faster and less exact.")
    var precision: Precision = .float32

    @OptionGroup var store: StoreOptions

    func validate() throws {
        try OutputFiles([("--output", output, ["safetensors"])]).checkNames()
    }

    func run() throws {
        let store = ModelStore(try store.configuration())
        guard case .description(let description) = try Catalog.find(model, in: store) else {
            throw ValidationError("\(model) is merged already")
        }
        try PerceptualModel.convert(
            description, store: store, precision: precision,
            to: URL(filePath: output)
        ) { event in
            if case .note(let text) = event { Terminal.note(text) }
        }
    }
}
