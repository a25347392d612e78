import DreamSimImages

extension LineCharts {
    private enum Style {
        static let (margin, gap, left) = (36.0, 28.0, 34.0)
        static let (plotWidth, plotHeight) = (230.0, 150.0)
        static let title = TextStyle(size: 26, weight: .bold, color: SheetPalette.ink)
        static let subtitle = TextStyle(size: 14, color: SheetPalette.gray)
        static let panelTitle = TextStyle(size: 14, weight: .bold, color: SheetPalette.ink)
        static let small = TextStyle(size: 11, color: SheetPalette.gray)
        static let panelHeight = 22 + plotHeight + 18 + 18
    }

    /// Draws the charts.
    package func drawing() -> VectorDrawing {
        let columns = max(1, min(4, panels.count))
        let rows = max(1, (panels.count + columns - 1) / columns)
        let cell = Style.left + Style.plotWidth
        let texts = [(subtitle, Style.subtitle), (footer, Style.small)].map { Double(Canvas.width(of: $0, style: $1)) }
        let inner = max(Double(columns) * (cell + Style.gap) - Style.gap, texts[0], texts[1])
        let legend = SeriesLegend(names, width: inner)
        let header = Double(Style.title.lineHeight) + Double(Style.subtitle.lineHeight) + 14
        let legendHeight = legend.height + 10
        let footerHeight = footer.isEmpty ? 0 : Double(Style.small.lineHeight) + 8
        let width = 2 * Style.margin + inner
        let height =
            2 * Style.margin + header + legendHeight + Double(rows) * (Style.panelHeight + Style.gap) - Style.gap
            + footerHeight
        var drawing = VectorDrawing(width: Int(width.rounded(.up)), height: Int(height.rounded(.up)))
        func text(_ text: String, _ x: Double, _ y: Double, _ style: TextStyle) {
            drawing.marks.append(
                .text(text, origin: VectorDrawing.Point(x, y), style: style, alignment: .leading))
        }
        text(title, Style.margin, Style.margin, Style.title)
        text(subtitle, Style.margin, Style.margin + Double(Style.title.lineHeight) + 2, Style.subtitle)
        legend.draw(at: .init(Style.margin, Style.margin + header), hasLines: true, on: &drawing)
        let top = Style.margin + header + legendHeight
        for (index, panel) in panels.enumerated() {
            let origin = VectorDrawing.Point(
                Style.margin + Double(index % columns) * (cell + Style.gap) + Style.left,
                top + Double(index / columns) * (Style.panelHeight + Style.gap))
            draw(panel, at: origin, on: &drawing)
        }
        if !footer.isEmpty {
            text(footer, Style.margin, height - Style.margin - Double(Style.small.lineHeight), Style.small)
        }
        return drawing
    }

    /// The upper end of the vertical axis of all charts: the largest value, and at least 1.
    private var highest: Double {
        max(1, panels.flatMap(\.series).joined().compactMap(\.self).filter(\.isFinite).max() ?? 1)
    }

    private func draw(_ panel: Panel, at origin: VectorDrawing.Point, on drawing: inout VectorDrawing) {
        let highest = highest
        let top = origin.y + 22
        func y(_ value: Double) -> Double { top + Style.plotHeight * (1 - value / highest) }
        func x(_ place: Int) -> Double {
            let steps = max(1, panel.places.count - 1)
            return origin.x + 8 + (Style.plotWidth - 16) * Double(place) / Double(steps)
        }
        func text(_ text: String, _ x: Double, _ y: Double, _ style: TextStyle, _ alignment: TextStyle.Alignment) {
            drawing.marks.append(.text(text, origin: .init(x, y), style: style, alignment: alignment))
        }
        text(panel.title, origin.x, origin.y - 4, Style.panelTitle, .leading)
        for tick in Ticks.round(from: 0, to: highest, about: 4) {
            let isBase = tick.value == 0
            drawing.marks.append(
                .line(
                    [.init(origin.x, y(tick.value)), .init(origin.x + Style.plotWidth, y(tick.value))], width: 1,
                    color: isBase ? SheetPalette.gray : SheetPalette.grid))
            text(tick.label, origin.x - 6, y(tick.value) - 8, Style.small, .trailing)
        }
        for (place, label) in panel.places.enumerated() {
            text(label, x(place), top + Style.plotHeight + 4, Style.small, .center)
        }
        text(
            panel.unit, origin.x + Style.plotWidth / 2, top + Style.plotHeight + 19, Style.small, .center)
        for (index, values) in panel.series.enumerated() {
            // A value that is missing or not finite leaves a gap.
            var run: [VectorDrawing.Point] = []
            for (place, value) in values.enumerated() {
                if let value, value.isFinite {
                    run.append(.init(x(place), y(value)))
                } else {
                    drawing.marks.append(.line(run, width: 2, color: Self.color(index)))
                    run = []
                }
            }
            drawing.marks.append(.line(run, width: 2, color: Self.color(index)))
        }
        for (index, values) in panel.series.enumerated() {
            for (place, value) in values.enumerated() {
                guard let value, value.isFinite else { continue }
                drawing.marks.append(Self.marker(index, at: .init(x(place), y(value)), size: 3.2))
            }
        }
    }
}
