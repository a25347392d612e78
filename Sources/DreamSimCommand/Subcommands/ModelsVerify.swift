import ArgumentParser
import DreamSim

struct ModelsVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify local weights against their digests.",
        discussion:
            "Without names, verifies every model and metric whose weights are here. Exits with 2 when a file differs."
    )

    @Argument(help: "Names of models and metrics.")
    var names: [WeightsName] = []

    @OptionGroup var store: StoreOptions

    func run() throws {
        let store = ModelStore(try store.configuration())
        let all =
            names.isEmpty ? Catalog.needs.filter { $0.isReady(in: store) } : try names.map { try $0.needs(in: store) }
        var table = TextTable([("model", .left), ("file", .left), ("outcome", .left), ("SHA-256", .left)])
        var isGood = true
        for needs in all {
            for source in needs.sources {
                for result in try store.verify(source) where needs.isNeeded(result, in: store) {
                    isGood = isGood && result.isGood
                    table.add([needs.name, result.path, "\(result.outcome)", result.sha256 ?? "-"])
                }
            }
        }
        Terminal.write(table.lines().map { $0 + "\n" }.joined())
        if !isGood { Terminal.exit(.failed) }
    }
}
