/// Pictures side by side, some of them under a map of numbers, with the colour bar that says what the colours mean.
public struct HeatmapSheet: Sendable {
    /// One picture.
    public struct Panel: Sendable {
        /// The picture, at any size.
        public var image: Image
        /// What is laid over it; nil for the bare picture.
        public var field: ScalarField?
        /// The line below it, in bold; empty for none.
        public var title: String
        /// A line below the title, in grey; empty for none.
        public var line: String

        /// A panel.
        ///
        /// - Parameters:
        ///   - image: The picture.
        ///   - field: What is laid over it.
        ///   - title: The line below it.
        ///   - line: A further line.
        public init(image: Image, field: ScalarField? = nil, title: String = "", line: String = "") {
            self.image = image
            self.field = field
            self.title = title
            self.line = line
        }
    }

    /// The heading; empty for none.
    public var title: String
    /// A line below the heading; empty for none.
    public var subtitle: String
    /// The pictures, from left to right; at least one.
    public var panels: [Panel]
    /// The colours of all fields; its caption stands at the colour bar.
    public var scale: ColourScale
    /// How much of the colours is seen, 0...1.
    public var opacity: Double
    /// The longer side of a picture in pixels, 64...4096; other values are brought into that range.
    public var panelSize: Int
    /// A note at the bottom; empty for none.
    public var footer: String

    /// A sheet.
    ///
    /// - Parameters:
    ///   - title: The heading.
    ///   - subtitle: A line below it.
    ///   - panels: The pictures, at least one.
    ///   - scale: The colours of all fields.
    ///   - opacity: How much of the colours is seen.
    ///   - panelSize: The longer side of a picture, in pixels.
    ///   - footer: A note at the bottom.
    public init(
        title: String = "", subtitle: String = "", panels: [Panel], scale: ColourScale, opacity: Double = 0.6,
        panelSize: Int = 360, footer: String = ""
    ) {
        precondition(!panels.isEmpty, "a sheet without pictures")
        self.title = title
        self.subtitle = subtitle
        self.panels = panels
        self.scale = scale
        self.opacity = opacity
        self.panelSize = panelSize
        self.footer = footer
    }
}
