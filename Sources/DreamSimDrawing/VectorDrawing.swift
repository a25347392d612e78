package import DreamSimImages

/// Lines, shapes and texts on a sheet, written as SVG or drawn as pixels.
package struct VectorDrawing: Sendable {
    /// A place on the sheet, in pixels from the top left.
    package struct Point: Sendable, Hashable {
        /// To the right.
        package var x: Double
        /// Downwards.
        package var y: Double

        /// A place.
        package init(_ x: Double, _ y: Double) {
            (self.x, self.y) = (x, y)
        }
    }

    /// One thing on the sheet; later ones lie over earlier ones.
    package enum Mark: Sendable {
        /// A filled rectangle with rounded corners.
        case rectangle(origin: Point, width: Double, height: Double, radius: Double, color: RGB)
        /// A line from place to place, with round ends.
        case line([Point], width: Double, color: RGB)
        /// A filled shape with straight edges.
        case polygon([Point], color: RGB)
        /// A filled circle.
        case circle(center: Point, radius: Double, color: RGB)
        /// A line of text; `origin` is the top of its box and its beginning, middle or end, as the alignment says.
        case text(String, origin: Point, style: TextStyle, alignment: TextStyle.Alignment)
    }

    /// The width of the sheet in pixels.
    package let width: Int
    /// The height of the sheet in pixels.
    package let height: Int
    /// The color of the sheet.
    package let background: RGB
    /// What is on it.
    package var marks: [Mark] = []

    /// An empty sheet.
    package init(width: Int, height: Int, background: RGB = .white) {
        self.width = width
        self.height = height
        self.background = background
    }
}
