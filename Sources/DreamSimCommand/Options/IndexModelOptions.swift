import ArgumentParser
import DreamSim
import DreamSimRetrieval
import Foundation

/// Where the model of an index lies now; which it is, and where it lay, the index says itself.
struct IndexModelOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where the index's model is now, when its file has moved since the index was made.", valueName: "model"))
    var model: String?

    @Option(
        help: ArgumentHelp("Where the PEFT folder is now that the index was made with.", valueName: "dir"),
        completion: .directory)
    var adapter: String?

    @Option(
        help: ArgumentHelp("Where the head is now that the index was made with.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var head: String?

    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    var choice: ModelChoice {
        ModelChoice(
            source: model, adapter: adapter.map { URL(filePath: $0) }, head: head.map { URL(filePath: $0) })
    }

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
    }

    func apply() {
        if let threads { PerceptualModel.threads = threads }
    }
}

/// How results of a search are written.
struct SearchOutputOptions: ParsableArguments {
    @Option(help: "How results are written to standard output.")
    var format: SearchFormat = .table

    @Flag(name: .shortAndLong, help: "No progress, no notes and no legend; only results and errors.")
    var quiet = false
}

/// The layouts of results that can be shown as images.
enum SearchFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case ndjson
    case csv
    case markdown
}
