import DreamSimRetrieval
import Foundation

/// What searches found as small images in the terminal: half blocks, two pixels a character, in 24-bit colors.
struct SearchPreview {
    private let report: SearchReport
    private let columns: Int
    private let decoding: DecodingOptions

    /// An image takes so many characters, and half as many lines.
    private static let side = 18
    private static let gap = 2

    init(_ report: SearchReport, columns: Int, decoding: DecodingOptions) {
        (self.report, self.columns, self.decoding) = (report, columns, decoding)
    }

    func text() -> String {
        report.searches.map { search in
            var cards: [(ImagePath, String)] = search.query.description.hasPrefix("#") ? [] : [(search.query, "query")]
            cards += search.results.map { ($0.image, "\($0.rank)  " + String(format: "%.4f", $0.distance)) }
            let together = max(1, (columns + Self.gap) / (Self.side + Self.gap))
            return stride(from: 0, to: cards.count, by: together).map { start in
                line(Array(cards[start..<min(start + together, cards.count)]))
            }.joined()
        }.joined()
    }

    /// Images beside each other with what is said about them.
    private func line(_ cards: [(path: ImagePath, caption: String)]) -> String {
        let images = cards.map { image($0.path) }
        let space = String(repeating: " ", count: Self.gap)
        var text = ""
        for row in 0..<(Self.side / 2) { text += images.map { $0[row] }.joined(separator: space) + "\n" }
        for words in [cards.map(\.caption), cards.map(\.path.name)] {
            text += words.map { fitted($0) }.joined(separator: space) + "\n"
        }
        return text + "\n"
    }

    private func fitted(_ text: String) -> String {
        text.count > Self.side
            ? text.prefix(Self.side - 1) + "…" : text + String(repeating: " ", count: Self.side - text.count)
    }

    /// The lines of an image; spaces and a word where it cannot be read any more.
    private func image(_ path: ImagePath) -> [String] {
        guard let image = try? Image(contentsOfFile: path.bytes, options: decoding) else {
            return (0..<(Self.side / 2)).map { fitted($0 == Self.side / 4 ? "cannot be shown" : "") }
        }
        let scale = Double(Self.side) / Double(max(image.width, image.height))
        func side(_ length: Int) -> Int { max(2, Int((Double(length) * scale).rounded())) }
        let small = image.resized(width: side(image.width), height: side(image.height), filter: .bicubic(a: -0.5))
        let (left, top) = ((Self.side - small.width) / 2, (Self.side - small.height) / 2)
        func pixel(_ x: Int, _ y: Int) -> RGB? {
            let (x, y) = (x - left, y - top)
            return (0..<small.width).contains(x) && (0..<small.height).contains(y) ? small[x, y] : nil
        }
        func code(_ color: RGB, _ ground: Int) -> String { "\(ground);2;\(color.red);\(color.green);\(color.blue)" }
        return (0..<(Self.side / 2)).map { row in
            (0..<Self.side).map { column in
                switch (pixel(column, 2 * row), pixel(column, 2 * row + 1)) {
                case (nil, nil): " "
                case (let upper?, nil): "\u{1B}[\(code(upper, 38))m▀\u{1B}[0m"
                case (nil, let lower?): "\u{1B}[\(code(lower, 38))m▄\u{1B}[0m"
                case (let upper?, let lower?): "\u{1B}[\(code(upper, 38));\(code(lower, 48))m▀\u{1B}[0m"
                }
            }.joined()
        }
    }
}
