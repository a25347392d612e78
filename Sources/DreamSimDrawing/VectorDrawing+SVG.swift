import DreamSimImages
import Foundation

extension VectorDrawing {
    /// The sheet as an SVG of its own, without anything from elsewhere.
    ///
    /// - Parameter title: What readers of screens are told; empty for nothing.
    package func svg(title: String = "") -> String {
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
                + "viewBox=\"0 0 \(width) \(height)\" role=\"img\" font-family=\"\(Self.fonts)\">"
        ]
        if !title.isEmpty { lines.append("<title>\(Self.escaped(title))</title>") }
        lines.append("<rect width=\"100%\" height=\"100%\" fill=\"\(Self.color(background))\"/>")
        lines += marks.map(Self.element)
        lines.append("</svg>")
        return lines.map { $0 + "\n" }.joined()
    }

    private static let fonts = "Inter, 'Noto Sans', 'DejaVu Sans', 'Helvetica Neue', Helvetica, Arial, sans-serif"

    private static func element(_ mark: Mark) -> String {
        switch mark {
        case .rectangle(let origin, let width, let height, let radius, let color):
            return "<rect x=\"\(number(origin.x))\" y=\"\(number(origin.y))\" width=\"\(number(width))\" "
                + "height=\"\(number(height))\" rx=\"\(number(radius))\" fill=\"\(Self.color(color))\"/>"
        case .line(let points, let width, let color):
            return "<polyline points=\"\(Self.points(points))\" fill=\"none\" stroke=\"\(Self.color(color))\" "
                + "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>"
        case .polygon(let points, let color):
            return "<polygon points=\"\(Self.points(points))\" fill=\"\(Self.color(color))\"/>"
        case .circle(let center, let radius, let color):
            return "<circle cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" r=\"\(number(radius))\" "
                + "fill=\"\(Self.color(color))\"/>"
        case .text(let text, let origin, let style, let alignment):
            let anchor =
                switch alignment {
                case .leading: "start"
                case .center: "middle"
                case .trailing: "end"
                }
            // The baseline lies about an em below the top of a line's box.
            return "<text x=\"\(number(origin.x))\" y=\"\(number(origin.y + 1.05 * Double(style.size)))\" "
                + "font-size=\"\(style.size)\" text-anchor=\"\(anchor)\" fill=\"\(Self.color(style.color))\""
                + (style.weight == .bold ? " font-weight=\"bold\"" : "") + ">\(escaped(text))</text>"
        }
    }

    private static func points(_ points: [Point]) -> String {
        points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    }

    private static func number(_ value: Double) -> String {
        let text = String(format: "%.2f", value.isFinite ? value : 0)
        return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
    }

    private static func color(_ color: RGB) -> String {
        "#" + [color.red, color.green, color.blue].hexadecimal.uppercased()
    }

    /// A text as XML has it, without characters that XML has not.
    static func escaped(_ text: String) -> String {
        HTML.escaped(TextMask.cleaned(text))
    }
}
