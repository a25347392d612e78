import Foundation

extension GalleryPage {
    /// A page of what searches found.
    package init(_ report: SearchReport, decoding: DecodingOptions) {
        let groups = report.searches.map { search in
            var cards: [Card] = []
            if !search.query.description.hasPrefix("#") {
                cards.append(
                    Card(path: search.query, figure: "query", lines: ["\(search.query.folder)"], isMarked: true))
            }
            cards += search.results.map { entry in
                Card(
                    path: entry.image, figure: String(format: "%.4f", entry.distance),
                    lines: ["\(entry.image.folder)", "\(entry.width) × \(entry.height), \(Self.size(entry.bytes))"],
                    isChosen: false, bytes: entry.bytes)
            }
            let unlike = search.unlike.map { "\($0)" }.joined(separator: ", ")
            return Group(
                title: "\(search.query)",
                subtitle: "the \(search.results.count) most similar of \(report.images) images"
                    + (unlike.isEmpty ? "" : ", and unlike \(unlike)"), cards: cards)
        }
        let results = report.searches.reduce(0) { $0 + $1.results.count }
        self.init(
            title: "Similar images",
            facts: [
                (
                    "Results",
                    "\(results) for \(report.searches.count) \(report.searches.count == 1 ? "query" : "queries")"
                ),
                ("Index", "\(report.index), \(report.images) images"),
            ] + Self.model(of: report),
            legend: [
                "The number of an image is its distance from the query: 0 is the same, larger is less similar.",
                "The query is marked by a frame.",
            ], choice: .choosing, groups: groups, decoding: decoding)
    }
}

extension GalleryPage {
    /// What made the distances, as facts.
    static func model(of report: some DistanceReport) -> [Fact] {
        [("Model", report.metric.nameAndWeights), ("Preprocessing", report.metric.preprocessing)]
    }

    /// A file's size for people.
    static func size(_ bytes: Int64) -> String {
        bytes < 10_000_000 ? "\(max(1, bytes / 1000)) kB" : String(format: "%.1f MB", Double(bytes) / 1e6)
    }
}

extension ImagePath {
    /// The folder that the file lies in.
    var folder: ImagePath {
        ImagePath(bytes: Array(bytes.prefix(max(1, bytes.count - lastComponent.count - 1))))
    }
}
