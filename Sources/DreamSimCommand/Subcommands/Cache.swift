import ArgumentParser
import DreamSim
import Foundation

struct Cache: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "List and prune what is cached.",
        discussion: """
            Caches hold what can be made again: weights as the program maps them, a file for every model and adapter that was \
            used; outputs of frozen layers; values of evaluations. They lie in DREAMSIM_HOME. Downloaded weights and profiles \
            are no caches and stay.

            EXAMPLES
              dreamsim cache
              dreamsim cache --prune                    # what was not used for 30 days
              dreamsim cache --prune --unused-for 0     # everything
            """)

    @Flag(help: "Remove what was not used for a while.")
    var prune = false

    @Option(help: ArgumentHelp("How long that is.", valueName: "days"))
    var unusedFor: Double = 30

    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (0...100_000).contains(unusedFor) else { throw ValidationError("--unused-for must be from 0 to 100000") }
    }

    func run() throws {
        let store = ModelStore(try .fromEnvironment())
        let files = store.cachedFiles()
        let limit = Date().addingTimeInterval(-86_400 * unusedFor)
        let old = files.filter { $0.lastUsed <= limit }
        if output.format == .json {
            Terminal.write(try JSON.text(files) + "\n")
        } else {
            Terminal.write(text(files, old: old))
        }
        guard prune else { return }
        let failures = store.remove(old)
        for (file, reason) in failures { Terminal.error("\(file.path): \(reason)") }
        if !output.quiet {
            let removed = old.count - failures.count
            Terminal.note("\(removed) \(removed == 1 ? "file was" : "files were") removed")
        }
        if !failures.isEmpty { Terminal.exit(.failed) }
    }

    private func text(_ files: [CachedFile], old: [CachedFile]) -> String {
        let days = String(format: "%g", unusedFor)
        var table = TextTable([
            ("cache", .left), ("files", .right), ("size", .right), ("unused for \(days) days", .right), ("what", .left),
        ])
        func size(_ files: [CachedFile]) -> String { DownloadProgressLine.size(files.reduce(0) { $0 + $1.bytes }) }
        for sort in CachedFile.Sort.allCases {
            let (all, unused) = (files.filter { $0.sort == sort }, old.filter { $0.sort == sort })
            table.add([sort.rawValue, "\(all.count)", size(all), size(unused), sort.text])
        }
        table.add(["", "\(files.count)", size(files), size(old), ""])
        return table.lines(quiet: output.quiet).map { $0 + "\n" }.joined()
    }
}
