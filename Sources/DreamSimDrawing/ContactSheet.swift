public import DreamSimImages

/// Images in a grid with captions, such as a reference and its candidates ranked by distance.
public struct ContactSheet: Sendable {
    /// One image with what is said about it.
    public struct Cell: Sendable {
        /// The image, at any size; it is scaled to its place with its aspect ratio kept.
        public var image: Image
        /// The first line below it, in bold, such as a file name; cut with an ellipsis when too wide.
        public var title: String
        /// A short figure at the right of the title, such as a distance.
        public var figure: String?
        /// Further lines, in gray.
        public var lines: [String]
        /// The length of a bar below the image, 0...1; nil for none. Values outside are clipped, NaN is drawn as 0.
        public var bar: Double?
        /// Whether the cell is marked, as the best of its kind.
        public var isHighlighted: Bool

        /// A cell.
        ///
        /// - Parameters:
        ///   - image: The image.
        ///   - title: The first line below it.
        ///   - figure: A short figure at the right of the title.
        ///   - lines: Further lines.
        ///   - bar: The length of a bar, 0...1.
        ///   - isHighlighted: Whether the cell is marked.
        public init(
            image: Image, title: String, figure: String? = nil, lines: [String] = [], bar: Double? = nil,
            isHighlighted: Bool = false
        ) {
            (self.image, self.title, self.figure) = (image, title, figure)
            (self.lines, self.bar, self.isHighlighted) = (lines, bar, isHighlighted)
        }
    }

    /// The heading; empty for none.
    public var title: String
    /// A line below the heading; empty for none.
    public var subtitle: String
    /// An image that stands first and larger, to compare the others with; nil for none.
    public var reference: Cell?
    /// The images of the grid, in reading order.
    public var cells: [Cell]
    /// The most columns of the grid, at least 1; nil chooses by the number of cells.
    public var columns: Int?
    /// The side of an image's place in the grid, in pixels, 64...1024; other values are brought into that range.
    public var cellSize: Int
    /// A note at the bottom; empty for none.
    public var footer: String

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
    public init(
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
