import DreamSimImages

/// Dot plots side by side: a row for each thing that was measured, and in it a dot for each series.
package struct DotCharts: Sendable {
    /// One plot.
    package struct Panel: Sendable {
        /// The heading, which says what the horizontal axis counts.
        package var title: String
        /// The least upper end of the horizontal axis, which begins at 0 and reaches the largest value.
        package var highest: Double
        /// A value that stands out as a line; nil for none.
        package var mark: Double?
        /// For each series its value in each row; nil where there is none.
        package var series: [[Double?]]

        /// A plot.
        package init(title: String, highest: Double, mark: Double? = nil, series: [[Double?]]) {
            (self.title, self.highest, self.mark, self.series) = (title, highest, mark, series)
        }
    }

    /// The heading.
    package var title: String
    /// A line below the heading.
    package var subtitle: String
    /// The names of the series, in the order of their values in the panels.
    package var names: [String]
    /// What each row is, from the top.
    package var rows: [String]
    /// The plots, from the left.
    package var panels: [Panel]
    /// A note at the bottom.
    package var footer: String

    /// Dot plots.
    package init(
        title: String, subtitle: String, names: [String], rows: [String], panels: [Panel], footer: String
    ) {
        (self.title, self.subtitle, self.names, self.rows) = (title, subtitle, names, rows)
        (self.panels, self.footer) = (panels, footer)
    }

    private enum Style {
        static let (margin, gap, plotWidth, rowHeight) = (36.0, 40.0, 380.0, 30.0)
        static let title = TextStyle(size: 26, weight: .bold, color: SheetPalette.ink)
        static let subtitle = TextStyle(size: 14, color: SheetPalette.gray)
        static let row = TextStyle(size: 13, color: SheetPalette.ink)
        static let panelTitle = TextStyle(size: 14, weight: .bold, color: SheetPalette.ink)
        static let small = TextStyle(size: 11, color: SheetPalette.gray)
    }

    /// Draws the plots.
    package func drawing() -> VectorDrawing {
        let labels = rows.map { Double(Canvas.width(of: $0, style: Style.row)) }.max() ?? 0
        let plots = labels + 14 + Double(panels.count) * (Style.plotWidth + Style.gap) - Style.gap
        let texts = [(subtitle, Style.subtitle), (footer, Style.small)].map { Double(Canvas.width(of: $0, style: $1)) }
        let inner = max(plots, texts[0], texts[1])
        let legend = SeriesLegend(names, width: inner)
        let header = Double(Style.title.lineHeight + Style.subtitle.lineHeight) + 14
        let top = Style.margin + header + legend.height + 40
        let bottom = top + Double(rows.count) * Style.rowHeight
        let height = bottom + 34 + Double(Style.small.lineHeight) + Style.margin
        var drawing = VectorDrawing(
            width: Int((2 * Style.margin + inner).rounded(.up)), height: Int(height.rounded(.up)))
        func text(
            _ text: String, _ x: Double, _ y: Double, _ style: TextStyle, _ alignment: TextStyle.Alignment = .leading
        ) {
            drawing.marks.append(.text(text, origin: .init(x, y), style: style, alignment: alignment))
        }
        text(title, Style.margin, Style.margin, Style.title)
        text(subtitle, Style.margin, Style.margin + Double(Style.title.lineHeight) + 2, Style.subtitle)
        legend.draw(at: .init(Style.margin, Style.margin + header), hasLines: false, on: &drawing)
        let left = Style.margin + labels + 14
        for (row, label) in rows.enumerated() {
            text(label, left - 14, Self.middle(top, row) - Double(Style.row.lineHeight) / 2, Style.row, .trailing)
        }
        for (place, panel) in panels.enumerated() {
            draw(panel, left: left + Double(place) * (Style.plotWidth + Style.gap), top: top, on: &drawing)
        }
        text(footer, Style.margin, bottom + 34, Style.small)
        return drawing
    }

    private static func middle(_ top: Double, _ row: Int) -> Double { top + (Double(row) + 0.5) * Style.rowHeight }

    private func draw(_ panel: Panel, left: Double, top: Double, on drawing: inout VectorDrawing) {
        let highest = panel.series.joined().compactMap(\.self).filter(\.isFinite).reduce(panel.highest, max)
        let bottom = top + Double(rows.count) * Style.rowHeight
        // Room for the signs at either end.
        func x(_ value: Double) -> Double { left + 8 + (Style.plotWidth - 16) * value / highest }
        func line(_ from: VectorDrawing.Point, _ to: VectorDrawing.Point, _ color: RGB) {
            drawing.marks.append(.line([from, to], width: 1, color: color))
        }
        drawing.marks.append(
            .text(panel.title, origin: .init(left, top - 28), style: Style.panelTitle, alignment: .leading))
        for tick in Ticks.round(from: 0, to: highest, about: 5) {
            line(.init(x(tick.value), top), .init(x(tick.value), bottom), SheetPalette.grid)
            drawing.marks.append(
                .text(tick.label, origin: .init(x(tick.value), bottom + 6), style: Style.small, alignment: .center))
        }
        for row in rows.indices {
            let y = Self.middle(top, row)
            line(.init(left, y), .init(left + Style.plotWidth, y), SheetPalette.grid)
        }
        for value in [0, panel.mark].compactMap(\.self) {
            line(.init(x(value), top), .init(x(value), bottom), SheetPalette.gray)
        }
        // Series are set apart downwards, so that equal values are all seen.
        let spread = min(5, (Style.rowHeight - 10) / Double(max(1, names.count)))
        for (index, values) in panel.series.enumerated() {
            let offset = (Double(index) - Double(names.count - 1) / 2) * spread
            for (row, value) in values.enumerated() {
                guard let value, value.isFinite else { continue }
                drawing.marks.append(
                    LineCharts.marker(index, at: .init(x(value), Self.middle(top, row) + offset), size: 4))
            }
        }
    }
}
