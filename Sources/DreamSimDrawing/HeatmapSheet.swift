package import DreamSimImages

/// Images side by side, some of them under a map of numbers, with the color bar that says what the colors mean.
package struct HeatmapSheet: Sendable {
    /// One image.
    package struct Panel: Sendable {
        /// The image, at any size.
        package var image: Image
        /// What is laid over it; nil for the bare image.
        package var field: ScalarField?
        /// The line below it, in bold; empty for none.
        package var title: String
        /// A line below the title, in gray; empty for none.
        package var line: String

        /// A panel.
        ///
        /// - Parameters:
        ///   - image: The image.
        ///   - field: What is laid over it.
        ///   - title: The line below it.
        ///   - line: A further line.
        package init(image: Image, field: ScalarField? = nil, title: String = "", line: String = "") {
            (self.image, self.field, self.title, self.line) = (image, field, title, line)
        }
    }

    /// The heading; empty for none.
    package var title: String
    /// A line below the heading; empty for none.
    package var subtitle: String
    /// The images, from left to right; at least one.
    package var panels: [Panel]
    /// The colors of all fields; its caption stands at the color bar.
    package var scale: ColorScale
    /// How much of the colors is seen, 0...1.
    package var opacity: Double
    /// The longer side of an image in pixels, 64...4096; other values are brought into that range.
    package var panelSize: Int
    /// A note at the bottom; empty for none.
    package var footer: String

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
    package init(
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
