import ArgumentParser
import DreamSimRetrieval
import Foundation

struct IndexCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check an index and measure the recall of approximate searches.",
        discussion: """
            Verifies the checksums of all vectors and of the nearest-neighbor graph; changes nothing. --recall searches \
            for images of the index exactly and approximately and compares the results.

            EXAMPLES
              dreamsim index check
              dreamsim index check --recall --queries 200 -k 10 --ef 64
            """)

    @OptionGroup var index: IndexOptions

    @Flag(help: "Measure the recall of approximate searches.")
    var recall = false

    @Option(help: ArgumentHelp("Number of queries for --recall.", valueName: "n"))
    var queries: Int = 100

    @Option(name: [.customShort("k"), .long], help: ArgumentHelp("Neighbors per query for --recall.", valueName: "n"))
    var count: Int = 10

    @Option(
        help: ArgumentHelp(
            "Candidates of an approximate search, HNSW's ef (\(SearchMethod.standardEffort)).", valueName: "n"))
    var ef: Int?

    @OptionGroup var threads: ThreadOptions

    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (1...100_000).contains(queries) else { throw ValidationError("--queries must be from 1 to 100000") }
        guard (1...100_000).contains(count) else { throw ValidationError("--count must be from 1 to 100000") }
        if let ef, !(1...1_000_000).contains(ef) { throw ValidationError("--ef must be from 1 to 1000000") }
    }

    func run() throws {
        threads.apply()
        let reader = try IndexReader(index.url)
        let progress = LateProgressLine(unit: "vectors", isQuiet: output.quiet)
        let report = try reader.check { progress.show($0, of: $1) }
        progress.clear()
        let found = recall ? try reader.measureRecall(queries: queries, count: count, effort: ef) : nil
        let summary = Summary(index: report, recall: found)
        Terminal.write(output.format == .json ? try JSON.text(summary) + "\n" : summary.text)
        for fault in report.faults { Terminal.error(fault) }
        if !report.faults.isEmpty { Terminal.exit(.failed) }
    }

    private struct Summary: Encodable {
        let index: IndexCheckReport
        let recall: RecallReport?

        var text: String {
            var lines = [
                "\(index.images) images, \(index.vectors) vectors of \(index.width) in \(index.precision.rawValue), "
                    + "\(index.unused) unused, \(index.damaged) damaged"
            ]
            if let graph = index.neighbors {
                lines.append(
                    "graph of \(graph.vectors) vectors, \(graph.newer) newer, \(graph.links) links, effort \(graph.effort), "
                        + String(format: "%.1f MB", Double(graph.bytes) / 1e6))
            } else if index.faults.isEmpty {
                lines.append("no nearest-neighbor graph; searches are exact")
            }
            if let recall {
                lines += [
                    "recall@\(recall.count) "
                        + String(format: "%.4f, least %.2f", recall.recall, recall.worst)
                        + ", over \(recall.queries) images of the index, effort \(recall.effort)",
                    String(
                        format: "exact %.2f ms, approximate %.3f ms a query: %.1f times as fast",
                        1000 * recall.exactSeconds, 1000 * recall.approximateSeconds, recall.speedup),
                ]
            }
            return lines.map { $0 + "\n" }.joined()
        }
    }
}
