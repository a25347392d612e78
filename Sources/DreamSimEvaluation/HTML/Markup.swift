import Foundation

/// Pieces of pages.
package enum Markup {
    /// Text with nothing left in it that a browser would take for markup.
    package static func text(_ text: some CustomStringConvertible) -> String { HTML.escaped("\(text)") }

    /// A share as a percentage, or a dash.
    package static func percent(_ share: Double?, digits: Int = 1) -> String {
        share.map { String(format: "%.\(digits)f&#8239;%%", $0 * 100) } ?? "–"
    }

    /// An interval of shares as percentages.
    package static func percent(_ interval: Interval?) -> String {
        interval.map { String(format: "%.1f to %.1f&#8239;%%", $0.low * 100, $0.high * 100) } ?? "–"
    }

    /// A difference of shares in percentage points; never -0.
    package static func points(_ difference: Double) -> String {
        let value = abs(difference) < 5e-4 ? 0 : difference * 100
        return (value < 0 ? "−" : "+") + String(format: "%.1f", abs(value))
    }

    /// A metric's value in four significant digits.
    package static func value(_ value: Double) -> String {
        value.isInfinite ? (value < 0 ? "−∞" : "∞") : String(format: "%.4g", value)
    }

    /// A coordinate of a drawing.
    package static func place(_ value: Double) -> String { String(format: "%.1f", value) }

    /// A list that is unfolded on demand, of as many entries as anybody reads.
    /// - Parameters:
    ///   - source: where the others are, after 'more'.
    ///   - row: an entry as markup.
    package static func details<Entry>(
        _ entries: [Entry], _ what: String, source: String = "", _ row: (Entry) -> String
    ) -> String {
        guard !entries.isEmpty else { return "" }
        let limit = 200
        let rows = entries.prefix(limit).map { "<li>\(row($0))</li>" }.joined()
        let rest = entries.count > limit ? "<li>and \(entries.count - limit) more\(source)</li>" : ""
        return "<details><summary>\(entries.count) \(what)</summary><ul>\(rows)\(rest)</ul></details>"
    }

    /// Terms and what they are.
    package static func definitions(_ entries: [(term: String, text: String)]) -> String {
        "<dl>" + entries.map { "<div><dt>\(text($0.term))</dt><dd>\($0.text)</dd></div>" }.joined() + "</dl>"
    }
}
