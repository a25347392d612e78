import ArgumentParser
public import DreamSimRetrieval
import Foundation

struct BenchSearch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-search",
        abstract: "Benchmark searches over synthetic vectors.",
        discussion: """
            Reports the time of one query and of a batch, compared with reading the vectors once from memory and with the \
            rate of a matrix product. The distribution 'even' is uniform noise; 'subjects' has clusters of different sizes \
            with near duplicates.

            EXAMPLES
              dreamsim bench-search --vectors 100000 --width 1792
            """)

    @Option(help: ArgumentHelp("Number of vectors.", valueName: "n"))
    var vectors: Int = 100_000

    @Option(help: ArgumentHelp("Dimension of the vectors.", valueName: "n"))
    var width: Int = 1792

    @Option(help: "Distribution of the vectors.")
    var distribution: SyntheticVectors = .even

    @Option(help: "Precision of the vectors.")
    var vectorPrecision: VectorPrecision = .float16

    @Option(help: ArgumentHelp("Queries per batch.", valueName: "n"))
    var queries: Int = 100

    @Option(help: ArgumentHelp("Number of timed runs.", valueName: "n"))
    var runs: Int = 9

    @OptionGroup var threads: ThreadOptions

    @Option(
        name: .customLong("index"), help: ArgumentHelp("Folder to keep the vectors in, or to reuse.", valueName: "dir"))
    var folder: String?

    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (1...10_000_000).contains(vectors), (1...65_536).contains(width) else {
            throw ValidationError("--vectors must be from 1 to 10000000 and --width from 1 to 65536")
        }
        guard (1...10_000).contains(queries), (1...1000).contains(runs) else {
            throw ValidationError("--queries must be from 1 to 10000 and --runs from 1 to 1000")
        }
    }

    func run() throws {
        threads.apply()
        let url =
            folder.map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory.appending(path: "dreamsim-bench-\(UUID().uuidString)")
        defer { if folder == nil { try? FileManager.default.removeItem(at: url) } }
        if !output.quiet { Terminal.note("making \(vectors) vectors, unless they are there") }
        try SearchBenchmark.make(url, vectors: vectors, width: width, precision: vectorPrecision, kind: distribution)
        let result = try SearchBenchmark.run(url, queries: queries, repeats: runs)
        Terminal.write(output.format == .json ? try JSON.text(result) + "\n" : text(result))
    }

    private func text(_ result: SearchBenchmark.Result) -> String {
        func milliseconds(_ seconds: Double) -> String { String(format: "%.1f ms", 1000 * seconds) }
        return """
            \(result.vectors) vectors of \(result.width) in \(result.precision.rawValue), \(result.threads) threads, \
            medians of \(result.repeats)
            opening        \(milliseconds(result.open))
            reading once   \(milliseconds(result.read))
            one query      \(milliseconds(result.oneQuery)), \(String(format: "%.2f", result.oneQueryPerRead)) x reading
            \(result.queries) queries    \(milliseconds(result.manyQueries)), \
            \(String(format: "%.0f of %.0f", result.searchRate, result.matrixRate)) GFLOP/s of a plain matrix product
            private memory \(String(format: "%.0f MB, %.0f MB", result.memoryBefore, result.memoryAfter)) after searching

            """
    }
}

extension SyntheticVectors: ExpressibleByArgument {}
