import DreamSimImages

/// The colors that all sheets share.
enum SheetPalette {
    static let paper = RGB(0xF6F7F9)
    static let card = RGB.white
    static let edge = RGB(0xDFE3E8)
    static let place = RGB(0xEDF0F3)
    static let ink = RGB(0x16202C)
    static let gray = RGB(0x5B6876)
    static let grid = RGB(0xE3E7EC)
    static let accent = RGB(0x2563EB)
    static let track = RGB(0xE6EAEF)
    static let best = RGB(0x0F8A5F)
}

extension Canvas {
    /// Draws the white card, with rounded corners and an edge, on which an image stands.
    mutating func drawCard(x: Int, y: Int, width: Int, height: Int, isHighlighted: Bool = false) {
        let edge = isHighlighted ? SheetPalette.best : SheetPalette.edge
        let thickness = isHighlighted ? 2 : 1
        fill(x: x, y: y, width: width, height: height, color: edge, radius: 10)
        fill(
            x: x + thickness, y: y + thickness, width: width - 2 * thickness, height: height - 2 * thickness,
            color: SheetPalette.card, radius: 10 - Double(thickness))
    }
}
