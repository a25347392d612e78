package import DreamSimImages

/// Images in a grid with captions, such as a reference and its candidates ranked by distance.
package struct ContactSheet: Sendable {
    /// One image with what is said about it.
    package struct Cell: Sendable {
        /// The image, at any size; it is scaled to its place with its aspect ratio kept.
        package var image: Image
        /// The first line below it, in bold, such as a file name; cut with an ellipsis when too wide.
        package var title: String
        /// A short figure at the right of the title, such as a distance.
        package var figure: String?
        /// Further lines, in gray.
        package var lines: [String]
        /// The length of a bar below the image, 0...1; nil for none. Values outside are clipped, NaN is drawn as 0.
        package var bar: Double?
        /// Whether the cell is marked, as the best of its kind.
        package var isHighlighted: Bool

        /// A cell.
        ///
        /// - Parameters:
        ///   - image: The image.
        ///   - title: The first line below it.
        ///   - figure: A short figure at the right of the title.
        ///   - lines: Further lines.
        ///   - bar: The length of a bar, 0...1.
        ///   - isHighlighted: Whether the cell is marked.
        package init(
            image: Image, title: String, figure: String? = nil, lines: [String] = [], bar: Double? = nil,
            isHighlighted: Bool = false
        ) {
            (self.image, self.title, self.figure) = (image, title, figure)
            (self.lines, self.bar, self.isHighlighted) = (lines, bar, isHighlighted)
        }
    }

    /// The heading; empty for none.
    package var title: String
    /// A line below the heading; empty for none.
    package var subtitle: String
    /// An image that stands first and larger, to compare the others with; nil for none.
    package var reference: Cell?
    /// The images of the grid, in reading order.
    package var cells: [Cell]
    /// The most columns of the grid, at least 1; nil chooses by the number of cells.
    package var columns: Int?
    /// The side of an image's place in the grid, in pixels, 64...1024; other values are brought into that range.
    package var cellSize: Int
    /// A note at the bottom; empty for none.
    package var footer: String

    /// A contact sheet.
    ///
    /// - Parameters:
    ///   - title: The heading.
    ///   - subtitle: A line below it.
    ///   - reference: An image that stands first and larger.
    ///   - cells: The images of the grid.
    ///   - columns: The most columns; nil chooses by the number of cells.
    ///   - cellSize: The side of an image's place, in pixels.
    ///   - footer: A note at the bottom.
    package init(
        title: String, subtitle: String = "", reference: Cell? = nil, cells: [Cell], columns: Int? = nil,
        cellSize: Int = 224, footer: String = ""
    ) {
        self.title = title
        self.subtitle = subtitle
        self.reference = reference
        self.cells = cells
        self.columns = columns
        self.cellSize = cellSize
        self.footer = footer
    }
}
