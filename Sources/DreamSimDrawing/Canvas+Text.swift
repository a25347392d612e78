import CDreamSimVips
package import DreamSimCodecs

extension Canvas {
    /// Draws one line of text.
    ///
    /// - Parameters:
    ///   - text: The line; control characters become spaces, and it is cut with an ellipsis when it is too wide.
    ///   - x: The left edge of the line's box.
    ///   - y: The top edge of the line's box, which is `style.lineHeight` pixels high.
    ///   - width: The width of the box; nil for as wide as the text.
    ///   - style: The look.
    ///   - alignment: Where the text lies in the box.
    /// - Returns: The width of what was drawn, in pixels; 0 when there is nothing to see.
    @discardableResult
    package mutating func draw(
        _ text: String, x: Int, y: Int, width: Int? = nil, style: TextStyle, alignment: TextStyle.Alignment = .leading
    ) -> Int {
        guard let mask = TextMask.fitting(text, style: style, width: width) else { return 0 }
        let space = (width ?? mask.advance) - mask.advance
        let left: Int
        switch alignment {
        case .leading: left = x
        case .center: left = x + space / 2
        case .trailing: left = x + space
        }
        for row in 0..<mask.height {
            let toY = y + mask.top + row
            guard toY >= 0, toY < height else { continue }
            for column in 0..<mask.width {
                let coverage = Int(mask.values[row * mask.width + column])
                let toX = left + mask.left + column
                if coverage > 0, toX >= 0, toX < self.width { blend(style.color, x: toX, y: toY, coverage: coverage) }
            }
        }
        return mask.advance
    }

    /// The width of a line of text in pixels.
    package static func width(of text: String, style: TextStyle) -> Int {
        TextMask.make(TextMask.cleaned(text), style: style)?.advance ?? 0
    }
}

/// The coverage of a line of text.
struct TextMask {
    let width: Int
    let height: Int
    /// Where the ink begins in the line's box.
    let left: Int
    let top: Int
    /// 0...255 a pixel.
    let values: [UInt8]

    /// How far the text reaches, from the left edge of its box to the right edge of its ink.
    var advance: Int { left + width }

    /// The mask of as much of a text as fits a width; nil when nothing is to be seen.
    static func fitting(_ text: String, style: TextStyle, width: Int?) -> TextMask? {
        let text = cleaned(text)
        guard let whole = make(text, style: style) else { return nil }
        guard let width, whole.advance > width else { return whole }
        // The longest beginning that fits with the ellipsis, found by halving.
        var fits = 0
        var tooLong = text.count
        var best: TextMask?
        while tooLong - fits > 1 {
            let middle = (fits + tooLong) / 2
            var beginning = text.prefix(middle)
            while beginning.last == " " { beginning.removeLast() }
            if let mask = make(beginning + "…", style: style), mask.advance <= width {
                (fits, best) = (middle, mask)
            } else {
                tooLong = middle
            }
        }
        return best ?? make("…", style: style).flatMap { $0.advance <= width ? $0 : nil }
    }

    /// A text as one line: control characters become spaces, and what no image could show is cut.
    static func cleaned(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.prefix(1000).unicodeScalars.map { scalar in
                    let category = scalar.properties.generalCategory
                    return category == .control || category == .lineSeparator || category == .paragraphSeparator
                        ? " " : scalar
                }))
    }

    /// The mask of a whole cleaned line; nil when it has no ink or text cannot be drawn here.
    static func make(_ text: String, style: TextStyle) -> TextMask? {
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        var markup = ""
        for character in text {
            switch character {
            case "&": markup += "&amp;"
            case "<": markup += "&lt;"
            case ">": markup += "&gt;"
            default: markup.append(character)
            }
        }
        let failure: (String) -> DreamSimError = { DreamSimError(.unsupported, "text", "cannot be drawn\($0)") }
        let mask = try? Vips.call(path: "text", failure: failure) { () -> TextMask? in
            guard let image = dreamsim_vips_text(markup, style.fontDescription) else { return nil }
            defer { dreamsim_vips_release(image) }
            var size = 0
            guard let memory = dreamsim_vips_samples(image, &size) else { return nil }
            defer { dreamsim_vips_free(memory) }
            return TextMask(
                width: Int(dreamsim_vips_width(image)), height: Int(dreamsim_vips_height(image)),
                left: max(0, Int(dreamsim_vips_x_offset(image))), top: Int(dreamsim_vips_y_offset(image)),
                values: [UInt8](UnsafeRawBufferPointer(start: memory, count: size)))
        }
        return mask
    }
}
