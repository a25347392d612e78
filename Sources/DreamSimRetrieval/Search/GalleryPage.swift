import Foundation

/// A page of images in groups, in one file: images are small copies inside the page, so that it can be sent and kept.
package struct GalleryPage: Sendable {
    /// Images that belong together, such as a query and what it found.
    package struct Group: Sendable {
        /// What stands above.
        package let title: String
        /// More about it, in small letters.
        package let subtitle: String
        /// The images.
        package let cards: [Card]

        /// Joins images.
        package init(title: String, subtitle: String = "", cards: [Card]) {
            (self.title, self.subtitle, self.cards) = (title, subtitle, cards)
        }
    }

    /// An image with what is said about it.
    package struct Card: Sendable {
        /// The file.
        package let path: ImagePath
        /// What stands out, such as a distance.
        package let figure: String
        /// The lines below.
        package let lines: [String]
        /// Whether it is marked, as the query or as the copy that is kept.
        package let isMarked: Bool

        /// Describes an image.
        package init(path: ImagePath, figure: String, lines: [String] = [], isMarked: Bool = false) {
            (self.path, self.figure, self.lines, self.isMarked) = (path, figure, lines, isMarked)
        }
    }

    private let title: String
    private let groups: [Group]
    private let footer: [String]
    private let decoding: DecodingOptions

    /// Describes a page.
    /// - Parameters:
    ///   - footer: lines at the end, such as the model.
    ///   - decoding: how files become images.
    package init(title: String, groups: [Group], footer: [String], decoding: DecodingOptions = .standard) {
        (self.title, self.groups, self.footer, self.decoding) = (title, groups, footer, decoding)
    }

    /// The page. Files that cannot be read any more are shown by their name.
    package func html() -> String {
        let paths = Array(Set(groups.flatMap(\.cards).map(\.path)))
        let images = Lookahead(paths.count, capacity: 8, threads: Parallel.threads) { [decoding] index in
            Self.thumbnail(paths[index], decoding)
        }
        var thumbnails: [ImagePath: String] = [:]
        for path in paths { thumbnails[path] = images.next() ?? nil }
        var page = "<h1>\(HTML.escaped(title))</h1>\n"
        for group in groups {
            page += "<section><h2>\(HTML.escaped(group.title))</h2>"
            if !group.subtitle.isEmpty { page += "<p class=\"sub\">\(HTML.escaped(group.subtitle))</p>" }
            page += "<div class=\"grid\">\n"
            page += group.cards.map { Self.html($0, thumbnails[$0.path]) }.joined()
            page += "</div></section>\n"
        }
        page += "<footer>" + footer.map { "<p>\(HTML.escaped($0))</p>" }.joined() + "</footer>"
        return HTML.page(title: title, style: PackageResources.gallery_css, body: page)
    }

    private static func html(_ card: Card, _ thumbnail: String?) -> String {
        let path = "\(card.path)"
        let image =
            thumbnail.map { "<img alt=\"\(HTML.escaped(card.path.name))\" loading=\"lazy\" src=\"\($0)\">" }
            ?? "<span class=\"none\">cannot be shown</span>"
        let lines = card.lines.map { "<span>\(HTML.escaped($0))</span>" }.joined()
        return """
            <a class="card\(card.isMarked ? " marked" : "")" href="\(url(card.path))" title="\(HTML.escaped(path))">\
            <div class="image">\(image)</div><b>\(HTML.escaped(card.figure))</b>\
            <span class="name">\(HTML.escaped(card.path.name))</span>\(lines)</a>

            """
    }

    /// A small copy as a data URL; nil when the file cannot be read.
    private static func thumbnail(_ path: ImagePath, _ decoding: DecodingOptions) -> String? {
        Thumbnail(path, largest: 320, decoding)?.dataURL()
    }

    /// A link to a file, whatever bytes its name has.
    static func url(_ path: ImagePath) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        return "file://"
            + path.absolute().bytes.map { byte in
                plain.contains(byte)
                    ? String(Unicode.Scalar(byte))
                    : "%" + CollectionOfOne(byte).hexadecimal.uppercased()
            }.joined()
    }
}

extension GalleryPage {
    /// A page of what searches found.
    package init(_ report: SearchReport, decoding: DecodingOptions) {
        let groups = report.searches.map { search in
            var cards: [Card] = []
            if !search.query.description.hasPrefix("#") {
                cards.append(Card(path: search.query, figure: "query", isMarked: true))
            }
            cards += search.results.map { entry in
                Card(
                    path: entry.image, figure: String(format: "%.4f", entry.distance),
                    lines: ["\(entry.width) × \(entry.height), \(max(1, entry.bytes / 1000)) kB"])
            }
            let unlike = search.unlike.map { "\($0)" }.joined(separator: ", ")
            return Group(
                title: "\(search.query)",
                subtitle: "the \(search.results.count) most alike of \(report.images) images"
                    + (unlike.isEmpty ? "" : ", and unlike \(unlike)"), cards: cards)
        }
        self.init(
            title: "What looks like this?", groups: groups,
            footer: [
                "Distance: 0 is the same, \(report.metric.direction.rawValue).",
                "\(report.origin).",
                "Index \(report.index).",
            ], decoding: decoding)
    }
}
