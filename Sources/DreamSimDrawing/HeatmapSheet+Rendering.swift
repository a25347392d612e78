package import DreamSimImages

extension HeatmapSheet {
    private enum Style {
        static let (margin, gap, padding, barHeight) = (32, 16, 12, 16)
        static let title = TextStyle(size: 26, weight: .bold, color: SheetPalette.ink)
        static let subtitle = TextStyle(size: 15, color: SheetPalette.gray)
        static let panelTitle = TextStyle(size: 14, weight: .bold, color: SheetPalette.ink)
        static let panelLine = TextStyle(size: 12, color: SheetPalette.gray)
        static let caption = TextStyle(size: 13, weight: .bold, color: SheetPalette.ink)
        static let tick = TextStyle(size: 12, color: SheetPalette.gray)
        static let footer = TextStyle(size: 12, color: SheetPalette.gray)
    }

    /// Draws the sheet.
    ///
    /// - Returns: An image as large as its content needs.
    package func rendered() -> Image {
        let images = panels.map(image)
        let box = (
            width: images.map(\.width).max() ?? 1, height: images.map(\.height).max() ?? 1
        )
        let hasTitles = panels.contains { !$0.title.isEmpty }
        let hasLines = panels.contains { !$0.line.isEmpty }
        let textHeight =
            (hasTitles || hasLines ? 8 : 0) + (hasTitles ? Style.panelTitle.lineHeight : 0)
            + (hasLines ? Style.panelLine.lineHeight : 0)
        let card = (width: box.width + 2 * Style.padding, height: box.height + 2 * Style.padding + textHeight)
        let grid = panels.count * card.width + (panels.count - 1) * Style.gap
        let texts = [
            Canvas.width(of: title, style: Style.title), Canvas.width(of: subtitle, style: Style.subtitle),
            Canvas.width(of: footer, style: Style.footer), Canvas.width(of: scale.caption, style: Style.caption), 320,
        ]
        // A sheet of small images grows with its texts, within reason.
        let content = max(grid, min(texts.max() ?? 0, 900))
        var header =
            (title.isEmpty ? 0 : Style.title.lineHeight) + (subtitle.isEmpty ? 0 : Style.subtitle.lineHeight + 2)
        if header > 0 { header += 18 }
        let captionHeight = scale.caption.isEmpty ? 0 : Style.caption.lineHeight + 4
        let barBlock = 20 + captionHeight + Style.barHeight + 6 + Style.tick.lineHeight
        let footerHeight = footer.isEmpty ? 0 : Style.footer.lineHeight + 12
        var canvas = Canvas(
            width: content + 2 * Style.margin,
            height: 2 * Style.margin + header + card.height + barBlock + footerHeight, background: SheetPalette.paper)

        var y = Style.margin
        if !title.isEmpty {
            canvas.draw(title, x: Style.margin, y: y, width: content, style: Style.title)
            y += Style.title.lineHeight
        }
        if !subtitle.isEmpty {
            canvas.draw(subtitle, x: Style.margin, y: y + 2, width: content, style: Style.subtitle)
        }
        y = Style.margin + header
        for (index, (panel, image)) in zip(panels, images).enumerated() {
            let x = Style.margin + index * (card.width + Style.gap)
            canvas.drawCard(x: x, y: y, width: card.width, height: card.height)
            canvas.draw(
                image, x: x + Style.padding + (box.width - image.width) / 2,
                y: y + Style.padding + (box.height - image.height) / 2)
            var top = y + Style.padding + box.height + 8
            if hasTitles {
                canvas.draw(panel.title, x: x + Style.padding, y: top, width: box.width, style: Style.panelTitle)
                top += Style.panelTitle.lineHeight
            }
            canvas.draw(panel.line, x: x + Style.padding, y: top, width: box.width, style: Style.panelLine)
        }
        y += card.height + 20
        drawBar(on: &canvas, y: y, width: content, captionHeight: captionHeight)
        if !footer.isEmpty {
            canvas.draw(
                footer, x: Style.margin, y: canvas.height - Style.margin - Style.footer.lineHeight, width: content,
                style: Style.footer)
        }
        return canvas.image
    }

    /// A panel's image at its size on the sheet, with its field over it.
    private func image(_ panel: Panel) -> Image {
        let side = min(max(panelSize, 64), 4096)
        let longer = Double(max(panel.image.width, panel.image.height))
        func scaled(_ length: Int) -> Int { max(1, Int((Double(length) * Double(side) / longer).rounded())) }
        let small = panel.image.resized(width: scaled(panel.image.width), height: scaled(panel.image.height))
        guard let field = panel.field else { return small }
        return small.overlaid(with: field, scale: scale, opacity: min(max(opacity, 0), 1))
    }

    /// The color bar with its caption above and round numbers below.
    private func drawBar(on canvas: inout Canvas, y: Int, width: Int, captionHeight: Int) {
        canvas.draw(scale.caption, x: Style.margin, y: y, width: width, style: Style.caption)
        let top = y + captionHeight
        for column in 0..<width {
            canvas.fill(
                x: Style.margin + column, y: top, width: 1, height: Style.barHeight,
                color: scale.map.color(at: (Double(column) + 0.5) / Double(width)))
        }
        for tick in scale.ticks(about: width > 700 ? 8 : 5) {
            let place = (tick.value - scale.low) / (scale.high - scale.low)
            let x = Style.margin + min(width - 1, Int((place * Double(width)).rounded()))
            canvas.fill(x: x, y: top + Style.barHeight, width: 1, height: 5, color: SheetPalette.gray)
            let labelWidth = Canvas.width(of: tick.label, style: Style.tick)
            // Labels at the ends stay on the sheet.
            let left = min(max(x - labelWidth / 2, Style.margin), Style.margin + width - labelWidth)
            canvas.draw(tick.label, x: left, y: top + Style.barHeight + 6, style: Style.tick)
        }
    }
}
