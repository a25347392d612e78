import ArgumentParser
import DreamSim

struct ModelsPull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Fetch the weights of models into the cache.",
        discussion: "An interrupted download goes on where it stopped when the command is given again.")

    @Argument(help: "The models' names.")
    var names: [CatalogueName]

    @OptionGroup var store: StoreOptions

    @Flag(name: .shortAndLong, help: "No progress and no notes; only errors.")
    var quiet = false

    func run() async throws {
        let store = ModelStore(try store.configuration())
        for name in names {
            let progress = DownloadProgressLine(isQuiet: quiet)
            defer { progress.clear() }
            try await PerceptualModel.fetch(name.description, store) { event in
                if case .fetching(let state) = event { progress.show(state) }
            }
            progress.clear()
            if !quiet {
                Terminal.note(
                    "\(name.description.name) is ready in \(store.weightsFolder.path); licence: \(name.description.licence)"
                )
            }
        }
    }
}
