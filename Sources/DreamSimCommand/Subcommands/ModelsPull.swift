import ArgumentParser
import DreamSim

struct ModelsPull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Fetch the weights of models and metrics into the cache.",
        discussion: "An interrupted download goes on where it stopped when the command is given again.")

    @Argument(help: "The names of models and metrics.")
    var names: [WeightsName]

    @OptionGroup var store: StoreOptions

    @Flag(name: .shortAndLong, help: "No progress and no notes; only errors.")
    var quiet = false

    func run() async throws {
        let store = ModelStore(try store.configuration())
        for name in names {
            let progress = DownloadProgressLine(isQuiet: quiet)
            defer { progress.clear() }
            try await name.needs.fetch(store) { event in
                if case .fetching(let state) = event { progress.show(state) }
            }
            progress.clear()
            if !quiet {
                Terminal.note(
                    "\(name.needs.name) is ready in \(store.weightsFolder.path); license: \(name.needs.license)"
                )
            }
        }
    }
}
