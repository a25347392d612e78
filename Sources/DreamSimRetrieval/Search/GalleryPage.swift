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
        /// Whether it is chosen until the reader chooses otherwise; nil when it is not to be chosen.
        package let isChosen: Bool?
        /// The file's size, where it is known.
        package let bytes: Int64?

        /// Describes an image.
        package init(
            path: ImagePath, figure: String, lines: [String] = [], isMarked: Bool = false, isChosen: Bool? = nil,
            bytes: Int64? = nil
        ) {
            (self.path, self.figure, self.lines) = (path, figure, lines)
            (self.isMarked, self.isChosen, self.bytes) = (isMarked, isChosen, bytes)
        }
    }

    /// What it means that a file is chosen.
    package enum Choice: Sendable {
        /// It is kept; the others could go.
        case keeping
        /// It is of interest.
        case choosing

        fileprivate var label: String {
            switch self {
            case .keeping: "keep"
            case .choosing: "choose"
            }
        }

        /// How many are chosen, and ways to save which; its script shows it.
        fileprivate var bar: String {
            let (chosen, others) =
                switch self {
                case .keeping: ("kept", "Save the list of those that could go")
                case .choosing: ("chosen", "Save the list of the others")
                }
            return """
                <footer class="bar" hidden data-chosen="\(chosen)"><p id="count" role="status"></p>
                <button type="button" data-do="all">All</button><button type="button" data-do="none">None</button>\
                <button type="button" data-do="again">As at first</button>\
                <button type="button" data-do="chosen">Save the list of those \(chosen)</button>\
                <button type="button" data-do="others">\(others)</button>\
                <button type="button" data-do="csv">Save all as CSV</button></footer>

                """
        }
    }

    /// What stands above the groups: a name and its value, such as the model or a threshold.
    package typealias Fact = (name: String, value: String)

    private let title: String
    private let facts: [Fact]
    private let legend: [String]
    private let choice: Choice
    private let groups: [Group]
    private let decoding: DecodingOptions

    /// Describes a page.
    /// - Parameters:
    ///   - facts: totals, the model and thresholds.
    ///   - legend: what numbers and marks mean, each a sentence.
    ///   - choice: what choosing a file means.
    ///   - decoding: how files become images.
    package init(
        title: String, facts: [Fact], legend: [String], choice: Choice, groups: [Group],
        decoding: DecodingOptions = .standard
    ) {
        (self.title, self.facts, self.legend, self.choice) = (title, facts, legend, choice)
        (self.groups, self.decoding) = (groups, decoding)
    }

    /// The page. Files that cannot be read any more are shown by their name.
    package func html() -> String {
        let paths = Array(Set(groups.flatMap(\.cards).map(\.path)))
        let images = Lookahead(paths.count, capacity: 8, threads: Parallel.threads) { [decoding] index in
            Self.thumbnail(paths[index], decoding)
        }
        var thumbnails: [ImagePath: String] = [:]
        for path in paths { thumbnails[path] = images.next() ?? nil }
        var page = "<header><h1>\(HTML.escaped(title))</h1>\n<dl>\(facts.map(Self.html).joined())</dl>\n"
        page +=
            "<ul class=\"legend\">" + legend.map { "<li>\(HTML.escaped($0))</li>" }.joined()
            + "</ul></header>\n<main>\n"
        for group in groups {
            page += "<section><h2>\(HTML.escaped(group.title))</h2>"
            if !group.subtitle.isEmpty { page += "<p class=\"sub\">\(HTML.escaped(group.subtitle))</p>" }
            page += "<div class=\"grid\">\n"
            page += group.cards.map { html($0, thumbnails[$0.path]) }.joined()
            page += "</div></section>\n"
        }
        page += "</main>\n" + choice.bar
        return HTML.page(
            title: title, style: PackageResources.gallery_css, body: page,
            script: String(decoding: PackageResources.gallery_js, as: UTF8.self))
    }

    private static func html(_ fact: Fact) -> String {
        "<div><dt>\(HTML.escaped(fact.name))</dt><dd>\(HTML.escaped(fact.value))</dd></div>"
    }

    private func html(_ card: Card, _ thumbnail: String?) -> String {
        let (name, path) = (HTML.escaped(card.path.name), HTML.escaped("\(card.path)"))
        let image =
            thumbnail.map { "<img alt=\"\(name)\" loading=\"lazy\" src=\"\($0)\">" }
            ?? "<span class=\"none\">\(name) cannot be shown</span>"
        let lines = card.lines.map { "<span>\(HTML.escaped($0))</span>" }.joined()
        let choosing = card.isChosen.map { isChosen in
            """
            <label><input type="checkbox" data-path="\(path)" data-bytes="\(card.bytes ?? 0)"\(isChosen ? " checked" : "")> \
            \(choice.label)<span class="unseen"> \(name)</span></label>
            """
        }
        return """
            <div class="card\(card.isMarked ? " marked" : "")"><a class="image" href="\(Self.url(card.path))" title="\(path)">\(image)</a>\
            <b>\(HTML.escaped(card.figure))</b><span class="name">\(name)</span>\(lines)\(choosing ?? "")</div>

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
