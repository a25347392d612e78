import ArgumentParser
import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation

struct IndexCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check an index, and measure what approximate searches in it find.",
        discussion: """
            Compares every vector with its checksum and reads the graph of neighbors through; changes nothing. With \
            --recall, images of the index are searched exactly and approximately.

            EXAMPLES
              dreamsim index check
              dreamsim index check --recall --queries 200 -k 10 --ef 64
            """)

    @OptionGroup var index: IndexOptions

    @Flag(help: "Measure approximate searches against exact ones.")
    var recall = false

    @Option(help: ArgumentHelp("With --recall: how many images of the index are searched with.", valueName: "n"))
    var queries: Int = 100

    @Option(
        name: [.customShort("k"), .long],
        help: ArgumentHelp("With --recall: how many neighbors each is asked for.", valueName: "n"))
    var count: Int = 10

    @Option(
        help: ArgumentHelp("With --recall: how many candidates an approximate search keeps (128).", valueName: "n"))
    var ef: Int?

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (1...100_000).contains(queries) else { throw ValidationError("--queries must be from 1 to 100000") }
        guard (1...100_000).contains(count) else { throw ValidationError("--count must be from 1 to 100000") }
        if let ef, !(1...1_000_000).contains(ef) { throw ValidationError("--ef must be from 1 to 1000000") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
    }

    func run() throws {
        if let threads { PerceptualModel.threads = threads }
        let reader = try IndexReader(index.url)
        let progress = LateProgressLine(unit: "vectors", isQuiet: output.quiet)
        let report = try reader.check { progress.show($0, of: $1) }
        progress.clear()
        let found = recall ? try reader.measureRecall(queries: queries, count: count, effort: ef) : nil
        let summary = Summary(index: report, recall: found)
        Terminal.write(output.format == .json ? try JSON.text(summary) + "\n" : summary.text)
        for fault in report.faults { Terminal.error(fault) }
        if !report.faults.isEmpty { Terminal.exit(.trouble) }
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
                lines.append("no graph of neighbors; searches are exact")
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
