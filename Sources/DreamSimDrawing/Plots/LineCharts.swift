import DreamSimImages

/// Small line charts side by side, with one vertical axis for all so that they can be read together.
package struct LineCharts: Sendable {
    /// One chart.
    package struct Panel: Sendable {
        /// The heading.
        package var title: String
        /// What the horizontal axis counts.
        package var unit: String
        /// The places on the horizontal axis, which are spaced evenly, as they are written.
        package var places: [String]
        /// For each series its value at each place; nil where there is none.
        package var series: [[Double?]]

        /// A chart.
        package init(title: String, unit: String, places: [String], series: [[Double?]]) {
            (self.title, self.unit, self.places, self.series) = (title, unit, places, series)
        }
    }

    /// The heading.
    package var title: String
    /// What the vertical axis counts.
    package var subtitle: String
    /// The names of the series, in the order of their values in the panels.
    package var names: [String]
    /// The charts, in reading order.
    package var panels: [Panel]
    /// A note at the bottom.
    package var footer: String

    /// Charts.
    package init(title: String, subtitle: String, names: [String], panels: [Panel], footer: String = "") {
        self.title = title
        self.subtitle = subtitle
        self.names = names
        self.panels = panels
        self.footer = footer
    }

    /// Colors that people who see few colors can tell apart (Okabe and Ito 2008), without the yellow, which is faint on
    /// white.
    static let colors = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000].map { RGB($0) }

    /// The color of a series.
    static func color(_ series: Int) -> RGB { colors[series % colors.count] }

    /// The sign of a series at a point, so that series differ by more than their color.
    static func marker(_ series: Int, at point: VectorDrawing.Point, size: Double) -> VectorDrawing.Mark {
        func around(_ offsets: [(Double, Double)]) -> VectorDrawing.Mark {
            .polygon(
                offsets.map { VectorDrawing.Point(point.x + $0 * size, point.y + $1 * size) }, color: color(series))
        }
        // Beyond the seven colors the signs repeat in another order, so that no pair repeats before the 28th.
        switch (series + series / colors.count) % 4 {
        case 0: return .circle(center: point, radius: size, color: color(series))
        case 1: return around([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
        case 2: return around([(0, -1.2), (1.15, 0.85), (-1.15, 0.85)])
        default: return around([(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)])
        }
    }
}
