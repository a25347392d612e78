import ArgumentParser
import DreamSimRetrieval
import Foundation

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Search an index for similar images.",
        discussion: """
            Searches are exact unless --approximate or --max-latency allow otherwise. An image that the index contains needs \
            no model, and is not among its own results. Several queries are answered in one pass.

            EXAMPLES
              dreamsim search photo.jpg -k 20
              dreamsim search a.jpg b.jpg --index images.index --format csv
              dreamsim search a.jpg b.jpg --mean --html found.html
              dreamsim search day.jpg --unlike night.jpg
              dreamsim search --id 1207 --in photos/2024 --since 2024-05-01
              curl -s https://example.org/cat.jpg | dreamsim search -
            """)

    @Argument(help: "Images to search for; '-' reads standard input.")
    var images: [ImagePath] = []

    @Option(help: ArgumentHelp("Image of the index, by its id (repeatable).", valueName: "n"))
    var id: [Int64] = []

    @OptionGroup var index: IndexOptions

    @Option(name: [.customShort("k"), .long], help: ArgumentHelp("Number of results.", valueName: "n"))
    var count: Int = 10

    @Flag(help: "Search for the mean of all images.")
    var mean = false

    @Option(help: ArgumentHelp("Image that results should not resemble (repeatable).", valueName: "image"))
    var unlike: [ImagePath] = []

    @Option(help: ArgumentHelp("Weight of --unlike, from 0 to 1.", valueName: "share"))
    var unlikeWeight: Double = 0.5

    @Flag(help: "Include the queries' own files.")
    var withQuery = false

    @OptionGroup(title: "Approximate search") var speed: SearchMethodOptions

    @OptionGroup(title: "Filters") var filters: FilterOptions

    @Option(help: ArgumentHelp("Write the results as a page of images.", valueName: "file"), completion: .file())
    var html: String?

    @Flag(help: "Show thumbnails of the results in the terminal.")
    var preview = false

    @Option(help: "Precision of the queries, if not the index's.")
    var queryPrecision: Precision?

    @OptionGroup var output: SearchOutputOptions
    @OptionGroup var model: IndexModelOptions

    func validate() throws {
        guard !images.isEmpty || !id.isEmpty else { throw ValidationError("name an image, '-' or --id") }
        guard (1...100_000).contains(count) else { throw ValidationError("--count must be from 1 to 100000") }
        guard !unlike.isEmpty || unlikeWeight == 0.5 else {
            throw ValidationError("--unlike-weight goes with --unlike")
        }
        guard (0...1).contains(unlikeWeight) else { throw ValidationError("--unlike-weight must be from 0 to 1") }
        if preview && output.format != .table { throw ValidationError("--preview goes with --format table") }
        let outputs = OutputFiles([("--html", html, OutputFiles.pages)])
        try outputs.checkNames()
        try outputs.check(against: images + unlike)
        if images.filter({ $0 == ImagePath("-") }).count > 1 { throw ValidationError("'-' can be given once") }
    }

    func run() async throws {
        model.threads.apply()
        let reader = try IndexReader(index.url)
        let limit = reader.settings.stamp.preprocessing.decoding.byteLimit
        func source(_ path: ImagePath) throws -> QuerySource {
            guard path == ImagePath("-") else { return .file(path) }
            // A byte more than may be there tells that there are too many, however many follow.
            return .bytes(
                Array(try FileHandle.standardInput.read(upToCount: limit + 1) ?? Data()), name: "standard input")
        }
        let like = try images.map(source) + id.map { QuerySource.entry($0) }
        let sources = like + (try unlike.map(source))
        var isEmbedding = false
        let found = try await reader.queries(
            sources, excludesThemselves: !withQuery, acrossPrecisions: queryPrecision != nil
        ) {
            isEmbedding = true
            return try await loadModel(reader.settings)
        }
        let isAnyFound = found.contains { (try? $0.get()) != nil }
        if queryPrecision != nil, !isEmbedding, isAnyFound, !output.quiet {
            Terminal.note("--query-precision changes nothing: the index has the vectors of the queries")
        }
        var failures: [ComparisonReport.Failure] = []
        for (source, result) in zip(sources, found) {
            if case .failure(let error) = result {
                failures.append(ComparisonReport.Failure(image: source.name, error: "\(error)"))
            }
        }
        let named = zip(sources, found).map { ($0.name, $1) }
        let requests = try SearchRequest.all(
            Array(named.prefix(like.count)), unlike: Array(named.dropFirst(like.count)), weight: unlikeWeight,
            takesMean: mean)
        if !output.quiet { try reader.noteUnknown(filters.folders, index: index.path) }
        let method = try speed.method(reader, queries: requests.count, quiet: output.quiet)
        let hits =
            requests.isEmpty
            ? [] : try reader.search(requests.map(\.query), count: count, filter: filters.filter(), method: method)
        let report = try SearchReport(
            reader, zip(requests, hits).map { ($0.name, $0.unlike, $1) }, method: method, failures: failures)
        Terminal.write(try SearchOutput(report: report).text(output))
        let decoding = reader.settings.stamp.preprocessing.decoding
        if preview { Terminal.write(SearchPreview(report, columns: Terminal.columns, decoding: decoding).text()) }
        if let html {
            let page = GalleryPage(report, decoding: decoding)
            try WholeFile.write(page.html(), to: URL(filePath: html))
        }
        if !output.quiet, !hits.isEmpty, hits.allSatisfy(\.isEmpty) {
            Terminal.note("the index holds no other images, or none that the filters leave")
        }
        for failure in failures { Terminal.error(failure.error) }
        if !failures.isEmpty { Terminal.exit(.failed) }
    }

    /// Loads the index's model, in the precision that was asked for.
    private func loadModel(_ settings: IndexSettings) async throws -> any EmbeddingMetric {
        var options = settings.loadingOptions(try model.store.configuration())
        if let queryPrecision {
            if let (_, problem) = ModelSetting.withoutEffect([.precision], on: [settings.source]) {
                throw ValidationError("--query-precision \(problem)")
            }
            (options.precision, options.calibration) = (queryPrecision, nil)
        }
        let loaded = try await settings.loadModel(model.choice, options: options, quiet: output.quiet)
        if !output.quiet, let note = loaded.stamp.precisionNote("the queries", beside: settings.stamp, "the index") {
            Terminal.note(note)
        }
        return loaded
    }
}
