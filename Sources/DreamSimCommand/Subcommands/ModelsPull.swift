import ArgumentParser
import DreamSim

struct ModelsPull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Download the weights of models and metrics.",
        discussion: "An interrupted download resumes when the command is given again.")

    @Argument(help: "Names of models and metrics, and hf:OWNER/NAME@REVISION.")
    var names: [WeightsName]

    @OptionGroup var store: StoreOptions

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    func run() async throws {
        let store = ModelStore(try store.configuration())
        for name in names {
            let progress = DownloadProgressLine(isQuiet: quiet)
            defer { progress.clear() }
            let report: @Sendable (PerceptualModel.LoadingEvent) -> Void = { event in
                if case .fetching(let state) = event { progress.show(state) }
            }
            try await name.fetchDescription(store, report: report)
            let needs = try name.needs(in: store)
            try await needs.fetch(store, report: report)
            progress.clear()
            if !quiet {
                Terminal.note("\(needs.name) is ready in \(store.weightsFolder.path); license: \(needs.license)")
            }
        }
    }
}
