import ArgumentParser
import DreamSim

struct Models: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List, inspect, download, verify and convert models.",
        discussion: """
            Weights are searched in the folder of --weights, in the layout of the reference's releases, then in the \
            cache: $DREAMSIM_HOME, else $XDG_CACHE_HOME/dreamsim, else ~/.cache/dreamsim. The first load caches the merged \
            weights there too, so that later loads are immediate.

            DREAMSIM_MIRROR=https://host/folder replaces the publishers' addresses; DREAMSIM_OFFLINE=1 forbids the \
            network; DREAMSIM_PYTHON names the Python whose pip downloads packages; DREAMSIM_THREADS limits the threads; \
            DREAMSIM_SIMD (one of those that 'dreamsim models info --hardware' names) selects the kernels.

            --precision int16 and int8 compute with integers: faster, smaller, less exact; 'dreamsim models precision' measures \
            by how much, 'dreamsim models calibrate' makes int8's errors smaller.

            --model also takes a JSON file that describes a model of your own, beside its weights:
              { "name": "mine",
                "backbones": [ { "architecture": "dinov2_vits14", "weights": "model.pth", "feature": "cls" } ],
                "adapter": "my_lora" }
            """,
        subcommands: [
            ModelsList.self, ModelsInfo.self, ModelsPull.self, ModelsVerify.self, ModelsConvert.self,
            ModelsPrecision.self, ModelsCalibrate.self,
        ],
        defaultSubcommand: ModelsList.self)
}

/// The name of a model of the catalog.
struct CatalogName: ExpressibleByArgument {
    let description: ModelDescription

    init?(argument: String) {
        guard let description = Catalog.model(named: argument) else { return nil }
        self.description = description
    }

    static var allValueStrings: [String] { Catalog.all.map(\.name) }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// The name of a model of the catalog, or of a metric that needs weights.
struct WeightsName: ExpressibleByArgument {
    private let name: String

    init?(argument: String) {
        guard Catalog.needs(of: argument) != nil || HuggingFaceRepository.isMeant(argument) else { return nil }
        name = argument
    }

    /// The files.
    /// - Throws: `DreamSimError` with `.weightsMissing` for a repository whose description is not here.
    func needs(in store: ModelStore) throws -> WeightNeeds {
        try Catalog.needs(of: name) ?? HuggingFaceRepository(name).description(in: store).needs
    }

    /// Fetches what describes a repository, where the name is one.
    func fetchDescription(
        _ store: ModelStore, report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void
    ) async throws {
        guard HuggingFaceRepository.isMeant(name) else { return }
        try await HuggingFaceRepository(name).fetchDescription(store, report: report)
    }

    static var allValueStrings: [String] {
        Catalog.needs.map(\.name)
    }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}
