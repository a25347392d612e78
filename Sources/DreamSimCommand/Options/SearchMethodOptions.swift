import ArgumentParser
import DreamSimRetrieval
import Foundation

/// Whether a search may miss something for the sake of speed.
struct SearchMethodOptions: ParsableArguments {
    @Flag(help: "Search approximately by the nearest-neighbor graph.")
    var approximate = false

    @Option(
        help: ArgumentHelp(
            "Candidates of an approximate search, HNSW's ef (\(SearchMethod.standardEffort)).", valueName: "n"))
    var ef: Int?

    @Option(
        help: ArgumentHelp("Search approximately when an exact search would take longer.", valueName: "milliseconds"))
    var maxLatency: Double?

    func validate() throws {
        if let ef, !(1...1_000_000).contains(ef) { throw ValidationError("--ef must be from 1 to 1000000") }
        if ef != nil && !approximate && maxLatency == nil {
            throw ValidationError("--ef goes with --approximate or --max-latency")
        }
        if let maxLatency, !(maxLatency >= 0) { throw ValidationError("--max-latency must not be negative") }
        if approximate && maxLatency != nil {
            throw ValidationError("--approximate and --max-latency cannot be given together")
        }
    }

    /// The method that was asked for, or that is quick enough.
    func method(_ reader: IndexReader, queries: Int, quiet: Bool) throws -> SearchMethod {
        if approximate { return .approximate(effort: ef) }
        guard let maxLatency else { return .exact }
        let expected = 1000 * reader.expectedTime(ofExact: queries)
        guard expected > maxLatency else { return .exact }
        let time = String(format: "an exact search would take some %.0f ms", expected)
        guard try reader.neighbors() != nil else {
            Terminal.note("\(time), and there is no nearest-neighbor graph; 'dreamsim index graph' builds one")
            return .exact
        }
        if !quiet { Terminal.note("\(time); searching approximately") }
        return .approximate(effort: ef)
    }
}
