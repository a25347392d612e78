import ArgumentParser
import DreamSim

/// How results are written.
struct OutputOptions: ParsableArguments {
    @Option(help: "Output format.")
    var format: OutputFormat = .table

    @Flag(name: .shortAndLong, help: "Print only results and errors.")
    var quiet = false
}

/// The layouts of results.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case ndjson
    case csv
}
