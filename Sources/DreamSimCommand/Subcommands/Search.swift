import ArgumentParser
import DreamSim
import DreamSimRetrieval
import Foundation

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the images of an index that look most like others.",
        discussion: """
            Every query is compared with every vector of the index: nothing is missed, unless --approximate or \
            --max-latency allow it. A query that is in the index \
            itself needs no model, and is not among its own results. Several queries are answered in one pass.

            EXAMPLES
              dreamsim search photo.jpg -k 20
              dreamsim search a.jpg b.jpg --index images.index --format csv
              dreamsim search a.jpg b.jpg --mean --html found.html
              dreamsim search day.jpg --unlike night.jpg
              dreamsim search --id 1207 --in photos/2024 --since 2024-05-01
              curl -s https://example.org/cat.jpg | dreamsim search -
            """)

    @Argument(help: "Images; '-' takes one from standard input.")
    var images: [ImagePath] = []

    @Option(help: ArgumentHelp("An image of the index, by the number that results show (repeatable).", valueName: "n"))
    var id: [Int64] = []

    @OptionGroup var index: IndexOptions

    @Option(name: [.customShort("k"), .long], help: ArgumentHelp("The number of results.", valueName: "n"))
    var count: Int = 10

    @Flag(help: "Search for what all images have in common: the mean of their vectors.")
    var mean = false

    @Option(help: ArgumentHelp("Results should not be like this image (repeatable).", valueName: "image"))
    var unlike: [ImagePath] = []

    @Option(help: ArgumentHelp("How much --unlike counts, from 0 to 1.", valueName: "share"))
    var unlikeWeight: Double = 0.5

    @Flag(help: "Also show the queries' own files.")
    var withQuery = false

    @OptionGroup(title: "Approximate search") var speed: SearchMethodOptions

    @OptionGroup(title: "Filters") var filters: FilterOptions

    @Option(
        help: ArgumentHelp("Also write the results as a page of images.", valueName: "file"), completion: .file())
    var html: String?

    @Flag(help: "Show the results as small images in the terminal, of colored half blocks.")
    var preview = false

    @OptionGroup var output: SearchOutputOptions
    @OptionGroup var model: IndexModelOptions

    func validate() throws {
        guard !images.isEmpty || !id.isEmpty else { throw ValidationError("name an image, '-' or --id") }
        guard (1...100_000).contains(count) else { throw ValidationError("--count must be from 1 to 100000") }
        guard (0...1).contains(unlikeWeight) else { throw ValidationError("--unlike-weight must be from 0 to 1") }
        if preview && output.format != .table { throw ValidationError("--preview goes with --format table") }
        if let html, (images + unlike).contains(ImagePath(html)) {
            throw ValidationError("--html \(html) would overwrite one of the images")
        }
        if images.filter({ $0 == ImagePath("-") }).count > 1 { throw ValidationError("'-' can be given once") }
    }

    func run() async throws {
        model.apply()
        let reader = try IndexReader(index.url)
        try reader.protectImages(from: html)
        let limit = reader.settings.stamp.preprocessing.decoding.byteLimit
        func source(_ path: ImagePath) throws -> QuerySource {
            guard path == ImagePath("-") else { return .file(path) }
            // A byte more than may be there tells that there are too many, however many follow.
            return .bytes(
                Array(try FileHandle.standardInput.read(upToCount: limit + 1) ?? Data()), name: "standard input")
        }
        let like = try images.map(source) + id.map { QuerySource.entry($0) }
        let sources = like + (try unlike.map(source))
        let found = try await reader.queries(sources, excludesThemselves: !withQuery) {
            try await reader.settings.loadModel(
                model.choice, options: reader.settings.loadingOptions(model.store.configuration()),
                quiet: output.quiet)
        }
        var failures: [ComparisonReport.Failure] = []
        for (source, result) in zip(sources, found) {
            if case .failure(let error) = result {
                failures.append(ComparisonReport.Failure(image: source.name, error: "\(error)"))
            }
        }
        let requests = try requests(Array(zip(sources, found)), like.count)
        let method = try speed.method(reader, queries: requests.count, quiet: output.quiet)
        let hits =
            requests.isEmpty
            ? [] : try reader.search(requests.map(\.query), count: count, filter: filters.filter(), method: method)
        let report = try SearchReport(
            reader, zip(requests, hits).map { ($0.name, $0.unlike, $1) }, method: method, failures: failures)
        Terminal.write(try SearchOutput(report: report, options: output).text())
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
        if !failures.isEmpty { Terminal.exit(.trouble) }
    }

    /// What is searched for: each image by itself, or all as one.
    private func requests(
        _ found: [(source: QuerySource, result: Result<SearchQuery, any Error>)], _ likes: Int
    ) throws -> [(name: ImagePath, unlike: [ImagePath], query: SearchQuery)] {
        func sound(_ part: ArraySlice<(source: QuerySource, result: Result<SearchQuery, any Error>)>)
            -> [(name: ImagePath, query: SearchQuery)]
        {
            part.compactMap { found in (try? found.result.get()).map { (found.source.name, $0) } }
        }
        let (like, others) = (sound(found.prefix(likes)), sound(found.dropFirst(likes)))
        // A part that is missing would change what the rest means.
        if others.count < unlike.count || (mean && like.count < likes) { return [] }
        let names = others.map(\.name)
        func combined(_ queries: [SearchQuery]) throws -> SearchQuery {
            others.isEmpty && queries.count == 1
                ? queries[0]
                : try SearchQuery.combining(queries, unlike: others.map(\.query), weight: unlikeWeight)
        }
        if mean {
            let name = ImagePath(like.map { ImagePath.text($0.name.bytes) }.joined(separator: " + "))
            return [(name, names, try combined(like.map(\.query)))]
        }
        return try like.map { ($0.name, names, try combined([$0.query])) }
    }
}
