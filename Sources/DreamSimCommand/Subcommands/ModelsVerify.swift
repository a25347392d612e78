import ArgumentParser
import DreamSim

struct ModelsVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the weights on this machine against their digests.",
        discussion:
            "Without names, every model that is ready is checked. Ends with code 2 when a file is not as it should be.")

    @Argument(help: "The models' names.")
    var names: [CatalogueName] = []

    @OptionGroup var store: StoreOptions

    func run() throws {
        let store = ModelStore(try store.configuration())
        let models = names.isEmpty ? Catalogue.ready(in: store) : names.map(\.description)
        var table = TextTable([("model", .left), ("file", .left), ("outcome", .left), ("SHA-256", .left)])
        var isGood = true
        for model in models {
            for source in model.sources {
                for result in try store.verify(source) {
                    isGood = isGood && result.isGood
                    table.add([model.name, result.path, "\(result.outcome)", result.sha256 ?? "-"])
                }
            }
        }
        Terminal.write(table.lines().map { $0 + "\n" }.joined())
        if !isGood { Terminal.exit(.trouble) }
    }
}
