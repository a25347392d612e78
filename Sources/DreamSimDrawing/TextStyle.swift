package import DreamSimImages

/// How a line of text looks.
package struct TextStyle: Sendable, Hashable {
    /// The strength of the strokes.
    package enum Weight: String, Sendable, Hashable {
        /// For running text.
        case regular
        /// For titles and what matters.
        case bold
    }

    /// Where a line lies in its width.
    package enum Alignment: Sendable, Hashable {
        /// At the left.
        case leading
        /// In the middle.
        case center
        /// At the right.
        case trailing
    }

    /// The size of the letters in pixels (the em).
    package var size: Int
    /// The strength of the strokes.
    package var weight: Weight
    /// The color of the letters.
    package var color: RGB
    /// Whether every digit and letter is equally wide.
    package var isMonospaced: Bool

    /// A style.
    ///
    /// - Parameters:
    ///   - size: The size of the letters in pixels, 4...400; other values are brought into that range.
    ///   - weight: The strength of the strokes.
    ///   - color: The color of the letters.
    ///   - isMonospaced: Whether every digit and letter is equally wide.
    package init(size: Int, weight: Weight = .regular, color: RGB = .black, isMonospaced: Bool = false) {
        self.size = min(max(size, 4), 400)
        self.weight = weight
        self.color = color
        self.isMonospaced = isMonospaced
    }

    /// The distance between two baselines, in pixels.
    package var lineHeight: Int { Int((Double(size) * 1.4).rounded()) }

    /// The family names, by preference, and the size, as Pango reads them.
    var fontDescription: String {
        let families =
            isMonospaced
            ? "DejaVu Sans Mono, Menlo, Liberation Mono, Noto Sans Mono, monospace"
            : "Inter, Noto Sans, DejaVu Sans, Helvetica Neue, Liberation Sans, sans-serif"
        return "\(families) \(weight == .bold ? "Bold " : "")\(size)"
    }
}
