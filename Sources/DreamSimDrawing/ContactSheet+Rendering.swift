package import DreamSimImages

extension ContactSheet {
    /// The measures of the sheet, in pixels.
    private struct Layout {
        let margin = 40
        let gap = 20
        let padding = 12
        let barHeight = 6
        let titleStyle = TextStyle(size: 28, weight: .bold, color: SheetPalette.ink)
        let subtitleStyle = TextStyle(size: 15, color: SheetPalette.gray)
        let cellTitle = TextStyle(size: 14, weight: .bold, color: SheetPalette.ink)
        let cellLine = TextStyle(size: 12, color: SheetPalette.gray)
        let footerStyle = TextStyle(size: 12, color: SheetPalette.gray)

        var cellSize: Int
        var columns: Int
        var rows: Int
        var referenceSize = 0
        var cardHeight = 0
        var referenceHeight = 0
        var headerHeight = 0
        /// How far the heading and the footer need the sheet to reach.
        var textRight = 0
        var footerHeight = 0

        var cardWidth: Int { cellSize + 2 * padding }
        var referenceWidth: Int { referenceSize == 0 ? 0 : referenceSize + 2 * padding }
        var gridWidth: Int { columns == 0 ? 0 : columns * cardWidth + (columns - 1) * gap }
        var gridHeight: Int { rows == 0 ? 0 : rows * cardHeight + (rows - 1) * gap }
        var gridLeft: Int { margin + (referenceSize == 0 ? 0 : referenceWidth + (columns == 0 ? 0 : gap * 3 / 2)) }
        var width: Int { max(gridLeft + gridWidth, textRight) + margin }
        var bodyHeight: Int { max(gridHeight, referenceHeight) }
        var height: Int { margin + headerHeight + bodyHeight + footerHeight + margin }

        /// The height of a card around an image of a size.
        func height(of cells: [Cell], size: Int) -> Int {
            let lines = cells.map(\.lines.count).max() ?? 0
            let hasBar = cells.contains { $0.bar != nil }
            return 2 * padding + size + 8 + cellTitle.lineHeight + lines * cellLine.lineHeight
                + (hasBar ? barHeight + 8 : 0)
        }
    }

    /// Draws the sheet.
    ///
    /// - Returns: An image as large as its content needs.
    package func rendered() -> Image {
        let layout = layout()
        var canvas = Canvas(width: layout.width, height: layout.height, background: SheetPalette.paper)
        var y = layout.margin
        let textWidth = layout.width - 2 * layout.margin
        if !title.isEmpty {
            canvas.draw(title, x: layout.margin, y: y, width: textWidth, style: layout.titleStyle)
            y += layout.titleStyle.lineHeight
        }
        if !subtitle.isEmpty {
            canvas.draw(subtitle, x: layout.margin, y: y + 2, width: textWidth, style: layout.subtitleStyle)
        }
        let top = layout.margin + layout.headerHeight
        if let reference {
            draw(
                reference, on: &canvas, x: layout.margin, y: top, size: layout.referenceSize,
                height: layout.referenceHeight, layout: layout)
        }
        for (index, cell) in cells.enumerated() {
            draw(
                cell, on: &canvas, x: layout.gridLeft + index % layout.columns * (layout.cardWidth + layout.gap),
                y: top + index / layout.columns * (layout.cardHeight + layout.gap), size: layout.cellSize,
                height: layout.cardHeight, layout: layout)
        }
        if !footer.isEmpty {
            canvas.draw(
                footer, x: layout.margin, y: layout.height - layout.margin - layout.footerStyle.lineHeight + 12,
                width: textWidth, style: layout.footerStyle)
        }
        return canvas.image
    }

    private func layout() -> Layout {
        let size = min(max(cellSize, 64), 1024)
        let chosen = columns ?? (cells.count <= 4 ? cells.count : cells.count <= 8 ? 4 : 5)
        let count = cells.isEmpty ? 0 : min(max(chosen, 1), cells.count)
        var layout = Layout(cellSize: size, columns: count, rows: count == 0 ? 0 : (cells.count + count - 1) / count)
        layout.cardHeight = layout.height(of: cells, size: size)
        if let reference {
            // As tall as two rows of the grid, or as its only one, so that the lower edges meet.
            let around = layout.height(of: [reference], size: 0)
            let beside = layout.rows >= 2 ? 2 * layout.cardHeight + layout.gap : layout.cardHeight
            layout.referenceSize = layout.rows == 0 ? size * 3 / 2 : beside - around
            layout.referenceHeight = around + layout.referenceSize
        }
        // A small sheet grows with its heading and footer, within reason.
        let texts = [
            Canvas.width(of: title, style: layout.titleStyle), Canvas.width(of: subtitle, style: layout.subtitleStyle),
            Canvas.width(of: footer, style: layout.footerStyle),
        ]
        layout.textRight = layout.margin + min(max(texts.max() ?? 0, 400), 1000)
        if !title.isEmpty { layout.headerHeight += layout.titleStyle.lineHeight }
        if !subtitle.isEmpty { layout.headerHeight += layout.subtitleStyle.lineHeight + 2 }
        if layout.headerHeight > 0 { layout.headerHeight += 22 }
        if !footer.isEmpty { layout.footerHeight = layout.footerStyle.lineHeight + 10 }
        return layout
    }

    private func draw(
        _ cell: Cell, on canvas: inout Canvas, x: Int, y: Int, size: Int, height: Int, layout: Layout
    ) {
        let width = size + 2 * layout.padding
        canvas.drawCard(x: x, y: y, width: width, height: height, isHighlighted: cell.isHighlighted)

        let left = x + layout.padding
        var top = y + layout.padding
        canvas.fill(x: left, y: top, width: size, height: size, color: SheetPalette.place)
        canvas.draw(cell.image.fitted(width: size, height: size, fit: .pad(SheetPalette.place)), x: left, y: top)
        top += size + 8

        let figureStyle = TextStyle(
            size: layout.cellTitle.size, weight: .bold,
            color: cell.isHighlighted ? SheetPalette.best : SheetPalette.accent)
        var titleWidth = size
        if let figure = cell.figure {
            let used = canvas.draw(
                figure, x: left + size / 3, y: top, width: size - size / 3, style: figureStyle, alignment: .trailing)
            titleWidth -= used + 10
        }
        canvas.draw(cell.title, x: left, y: top, width: titleWidth, style: layout.cellTitle)
        top += layout.cellTitle.lineHeight
        if let bar = cell.bar {
            top += 3
            canvas.drawBar(
                x: left, y: top, width: size, height: layout.barHeight, value: bar, color: figureStyle.color,
                track: SheetPalette.track)
            top += layout.barHeight + 5
        }
        for line in cell.lines {
            canvas.draw(line, x: left, y: top, width: size, style: layout.cellLine)
            top += layout.cellLine.lineHeight
        }
    }
}

extension Canvas {
    /// Draws a horizontal bar with round ends.
    ///
    /// - Parameters:
    ///   - x: The left edge.
    ///   - y: The top edge.
    ///   - width: The length of a full bar.
    ///   - height: The thickness.
    ///   - value: The filled part, 0...1; values outside are clipped, NaN is drawn as 0.
    ///   - color: The color of the filled part.
    ///   - track: The color of the rest.
    package mutating func drawBar(x: Int, y: Int, width: Int, height: Int, value: Double, color: RGB, track: RGB) {
        let value = value.isNaN ? 0 : min(max(value, 0), 1)
        fill(x: x, y: y, width: width, height: height, color: track, radius: Double(height) / 2)
        // A value that is not zero stays visible.
        let length = Int((Double(width) * value).rounded())
        if value > 0 {
            fill(x: x, y: y, width: max(length, height), height: height, color: color, radius: Double(height) / 2)
        }
    }
}
