public import DreamSimImages

/// Images side by side, some of them under a map of numbers, with the color bar that says what the colors mean.
public struct HeatmapSheet: Sendable {
    /// One image.
    public struct Panel: Sendable {
        /// The image, at any size.
        public var image: Image
        /// What is laid over it; nil for the bare image.
        public var field: ScalarField?
        /// The line below it, in bold; empty for none.
        public var title: String
        /// A line below the title, in gray; empty for none.
        public var line: String

        /// A panel.
        ///
        /// - Parameters:
        ///   - image: The image.
        ///   - field: What is laid over it.
        ///   - title: The line below it.
        ///   - line: A further line.
        public init(image: Image, field: ScalarField? = nil, title: String = "", line: String = "") {
            (self.image, self.field, self.title, self.line) = (image, field, title, line)
        }
    }

    /// The heading; empty for none.
    public var title: String
    /// A line below the heading; empty for none.
    public var subtitle: String
    /// The images, from left to right; at least one.
    public var panels: [Panel]
    /// The colors of all fields; its caption stands at the color bar.
    public var scale: ColorScale
    /// How much of the colors is seen, 0...1.
    public var opacity: Double
    /// The longer side of an image in pixels, 64...4096; other values are brought into that range.
    public var panelSize: Int
    /// A note at the bottom; empty for none.
    public var footer: String

    /// A sheet.
    ///
    /// - Parameters:
    ///   - title: The heading.
    ///   - subtitle: A line below it.
    ///   - panels: The images, at least one.
    ///   - scale: The colors of all fields.
    ///   - opacity: How much of the colors is seen.
    ///   - panelSize: The longer side of an image, in pixels.
    ///   - footer: A note at the bottom.
    public init(
        title: String = "", subtitle: String = "", panels: [Panel], scale: ColorScale, opacity: Double = 0.6,
        panelSize: Int = 360, footer: String = ""
    ) {
        precondition(!panels.isEmpty, "a sheet without images")
        self.title = title
        self.subtitle = subtitle
        self.panels = panels
        self.scale = scale
        self.opacity = opacity
        self.panelSize = panelSize
        self.footer = footer
    }
}
