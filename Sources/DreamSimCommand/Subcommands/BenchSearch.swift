public import ArgumentParser
import DreamSim
public import DreamSimRetrieval
import DreamSimSupport
import Foundation

struct BenchSearch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-search",
        abstract: "Time searches over made-up vectors on this machine.",
        discussion: """
            Says how long one query and several take, beside the time to read the vectors once from memory and the rate \
            of a plain matrix product.

            EXAMPLES
              dreamsim bench-search --vectors 100000 --width 1792
            """)

    @Option(help: ArgumentHelp("The number of vectors.", valueName: "n"))
    var vectors: Int = 100_000

    @Option(help: ArgumentHelp("Their components; the ensemble has 1792.", valueName: "n"))
    var width: Int = 1792

    @Option(help: "What the vectors are like: 'even' by chance, or 'subjects', clouds of different size with copies.")
    var kind: MadeUpVectors = .even

    @Option(help: "How vectors are kept.")
    var precision: VectorPrecision = .float16

    @Option(help: ArgumentHelp("How many queries are answered together.", valueName: "n"))
    var queries: Int = 100

    @Option(help: ArgumentHelp("How often each is measured.", valueName: "n"))
    var repeats: Int = 9

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    @Option(
        name: .customLong("index"),
        help: ArgumentHelp("Keep the vectors in this folder, or use those that are there.", valueName: "dir"))
    var folder: String?

    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (1...10_000_000).contains(vectors), (1...65_536).contains(width) else {
            throw ValidationError("--vectors must be from 1 to 10000000 and --width from 1 to 65536")
        }
        guard (1...10_000).contains(queries), (1...1000).contains(repeats) else {
            throw ValidationError("--queries must be from 1 to 10000 and --repeats from 1 to 1000")
        }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
    }

    func run() throws {
        if let threads { PerceptualModel.threads = threads }
        let url =
            folder.map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory.appending(path: "dreamsim-bench-\(UUID().uuidString)")
        defer { if folder == nil { try? FileManager.default.removeItem(at: url) } }
        if !output.quiet { Terminal.note("making \(vectors) vectors, unless they are there") }
        try SearchBenchmark.make(url, vectors: vectors, width: width, precision: precision, kind: kind)
        let result = try SearchBenchmark.run(url, queries: queries, repeats: repeats)
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

extension MadeUpVectors: ExpressibleByArgument {}
