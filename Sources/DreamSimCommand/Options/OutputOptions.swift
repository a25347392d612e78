import ArgumentParser

/// How results are written.
struct FormatOptions<Format: OutputFormats>: ParsableArguments {
    @Option(help: "Output format.")
    var format: Format = .table

    @Flag(name: .shortAndLong, help: "Print only results and errors.")
    var quiet = false
}

/// The layouts of something; a table for people is always among them.
protocol OutputFormats: ExpressibleByArgument, CaseIterable {
    static var table: Self { get }
}

/// How a list of results is written.
typealias OutputOptions = FormatOptions<OutputFormat>

/// The layouts of results.
enum OutputFormat: String, OutputFormats {
    case table
    case json
    case ndjson
    case csv
}

/// How results that can be shown as images are written.
typealias SearchOutputOptions = FormatOptions<SearchFormat>

/// The layouts of results that can be shown as images.
enum SearchFormat: String, OutputFormats {
    case table
    case json
    case ndjson
    case csv
    case markdown
}

/// How a report that is no list of results is written.
typealias ReportOptions = FormatOptions<ReportFormat>

/// The layouts of a report.
enum ReportFormat: String, OutputFormats {
    case table
    case json
}
