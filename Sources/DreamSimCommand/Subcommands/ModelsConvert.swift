import ArgumentParser
import DreamSim
import Foundation

struct ModelsConvert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Write a whole model, adapter merged, as one safetensors file.",
        discussion: """
            The file holds everything the model needs; --model takes its path on any machine.

            EXAMPLE
              dreamsim models convert ensemble -o ensemble.safetensors
            """)

    @Argument(help: "A name of the catalog, or the path of a description (.json).")
    var model: String

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where to write (.safetensors).", valueName: "file"),
        completion: .file())
    var output: String

    @Option(
        name: .customLong("weights-precision"),
        help: "How weights are kept in the file; half precision changes distances a little.")
    var weightPrecision: WeightPrecision = .float32

    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard output.hasSuffix(".safetensors") else { throw ValidationError("--output must end in .safetensors") }
    }

    func run() throws {
        guard case .description(let description) = try Catalog.find(model) else {
            throw ValidationError("\(model) is merged already")
        }
        try PerceptualModel.convert(
            description, store: ModelStore(try store.configuration()), precision: weightPrecision,
            to: URL(filePath: output))
    }
}
