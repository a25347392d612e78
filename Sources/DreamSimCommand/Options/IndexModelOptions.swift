import ArgumentParser
import DreamSimRetrieval
import Foundation

/// Where the model of an index lies now; which it is, and where it lay, the index says itself.
struct IndexModelOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, help: ArgumentHelp("New path of the index's model, if it has moved.", valueName: "model"))
    var model: String?

    @Option(
        help: ArgumentHelp("New path of the index's adapter, if it has moved.", valueName: "dir"),
        completion: .directory)
    var adapter: String?

    @Option(
        help: ArgumentHelp("New path of the index's head, if it has moved.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var head: String?

    @OptionGroup var store: StoreOptions

    @OptionGroup var threads: ThreadOptions

    var choice: ModelChoice {
        ModelChoice(
            source: model, adapter: adapter.map { URL(filePath: $0) }, head: head.map { URL(filePath: $0) })
    }
}
