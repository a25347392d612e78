import ArgumentParser
import DreamSim

/// How results are written.
struct OutputOptions: ParsableArguments {
    @Option(help: "How results are written to standard output.")
    var format: OutputFormat = .table

    @Flag(name: .shortAndLong, help: "No progress, no notes and no legend; only results and errors.")
    var quiet = false
}

/// The layouts of results.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case ndjson
    case csv
}
