import DreamSimCodecs
import DreamSimDrawing
import DreamSimImages
import Foundation
import TestSupport
import Testing

@Suite("Drawing and contact sheets")
struct DrawingTests {
    /// Writes what is drawn to a folder for people to look at, when `DREAMSIM_DRAWINGS` names one.
    static func show(_ image: Image, _ name: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["DREAMSIM_DRAWINGS"] else { return }
        try image.write(to: URL(filePath: folder).appending(component: name))
    }

    static func sheet(_ count: Int, reference: Bool = true) throws -> ContactSheet {
        let names = [
            "rgb.png", "baseline420.jpg", "progressive.jpg", "tall.png", "gray.png", "rgba.png", "cmyk.jpg",
            "lossy.webp", "palette.png",
        ]
        let images = try names.map { try Image(contentsOf: Fixtures.file("formats/\($0)")) }
        let cells = (0..<count).map { (i: Int) -> ContactSheet.Cell in
            let image = images[i % images.count]
            let title = i == 2 ? "a_very_long_file_name_that_cannot_fit.png" : "\(i + 1). \(names[i % names.count])"
            return ContactSheet.Cell(
                image: image, title: title, figure: "0.\(1204 + 713 * i)",
                lines: ["\(image.width) × \(image.height) pixels"], bar: Double(i) / 8 + 0.05, isHighlighted: i == 0)
        }
        return ContactSheet(
            title: "DreamSim: ranked by distance", subtitle: "ensemble · 0 = identical, larger = less alike",
            reference: reference
                ? .init(image: images[0], title: "Reference", lines: ["rgb.png, 640 × 427 pixels"]) : nil,
            cells: cells, footer: "Distances: 1 − cosine of the embeddings. Bars are on a scale from 0 to 1.")
    }

    @Test("Sheets of every number of cells have room for all of them", arguments: [0, 1, 2, 4, 5, 8, 9, 13])
    func sheets(count: Int) throws {
        let image = try Self.sheet(count).rendered()
        #expect(image.width >= 480)
        #expect(image[0, 0] == image[image.width - 1, image.height - 1])
        try Self.show(image, "sheet\(count).png")
        try Self.show(try Self.sheet(count, reference: false).rendered(), "plain\(count).png")
    }

    @Test("The project's samples make a sheet") func samples() throws {
        let folder = Fixtures.packageRoot.appending(path: "Samples")
        let names = [
            "shifted", "recompressed", "mirrored", "blurred", "noisy", "zoomed", "recolored", "different",
        ]
        let values = [0.021, 0.064, 0.071, 0.148, 0.182, 0.203, 0.297, 0.782]
        let cells = try zip(names, values).map { name, value in
            ContactSheet.Cell(
                image: try Image(contentsOf: folder.appending(path: "\(name).jpg")), title: "\(name).jpg",
                figure: "\(value)", bar: value, isHighlighted: name == "shifted")
        }
        let reference = ContactSheet.Cell(
            image: try Image(contentsOf: folder.appending(path: "scene.jpg")), title: "scene.jpg", lines: ["Reference"])
        let sheet = ContactSheet(
            title: "Most alike first", subtitle: "Distance to scene.jpg: 0 is identical", reference: reference,
            cells: cells, footer: "Figures of this sheet are made up for the test of its layout.")
        try Self.show(sheet.rendered(), "samples.png")
    }

    @Test("Text lies in its box and is cut with an ellipsis", arguments: [11, 14, 20, 28])
    func text(size: Int) {
        let style = TextStyle(size: size, color: .black)
        let long = "The quick brown fox jumps over the lazy dog"
        let full = Canvas.width(of: long, style: style)
        #expect(full > size * 15)
        var canvas = Canvas(width: full + 40, height: style.lineHeight + 20)
        let drawn = canvas.draw(long, x: 20, y: 10, style: style)
        #expect(drawn == full)
        let box = Self.ink(canvas.image)
        #expect(box.left >= 20)
        #expect(box.right <= 20 + full)
        #expect(box.top >= 10)
        #expect(box.bottom <= 10 + style.lineHeight)

        var cut = Canvas(width: 200, height: style.lineHeight)
        #expect((1...100).contains(cut.draw(long, x: 0, y: 0, width: 100, style: style)))
        #expect(Self.ink(cut.image).right <= 100)
        for (alignment, place) in [(TextStyle.Alignment.leading, 0...4), (.trailing, 150...199), (.center, 50...110)] {
            var canvas = Canvas(width: 200, height: style.lineHeight)
            canvas.draw("ii", x: 0, y: 0, width: 200, style: style, alignment: alignment)
            #expect(place.contains(Self.ink(canvas.image).left))
        }
    }

    @Test(
        "Markup, control characters and emptiness do no harm",
        arguments: ["<b>&amp;</b>", "a\0b\u{1b}\n\tc", "", "   ", "\u{202E}x", "日本語 é 🙂", "&lt"])
    func oddText(text: String) {
        var canvas = Canvas(width: 300, height: 40)
        let width = canvas.draw(text, x: 5, y: 5, style: TextStyle(size: 16))
        #expect((width > 0) == text.contains { !$0.isWhitespace })
        // A tag is text like any other: it is as wide as its letters.
        if text.hasPrefix("<b>") { #expect(width > 80) }
    }

    @Test("What lies outside the canvas is cut off") func clipping() {
        var canvas = Canvas(width: 10, height: 10, background: .black)
        canvas.draw("clipped", x: -10, y: 3, style: TextStyle(size: 20, color: RGB(0x00FF00)))
        canvas.fill(x: 0, y: 0, width: 10, height: 10, color: .black)
        let white = Image(width: 6, height: 6, filledWith: .white)
        for (x, y) in [(-3, -3), (7, 7), (-20, 0), (0, 20), (30, 30), (-6, -6)] { canvas.draw(white, x: x, y: y) }
        canvas.fill(x: -5, y: 4, width: 8, height: 1, color: RGB(0xFF0000))
        canvas.fill(x: 50, y: 50, width: 8, height: 1, color: RGB(0xFF0000), radius: 3)
        canvas.fill(x: 0, y: 0, width: -8, height: 0, color: RGB(0xFF0000))
        #expect(canvas.image[2, 2] == .white)
        #expect(canvas.image[9, 9] == .white)
        #expect(canvas.image[5, 0] == .black)
    }

    @Test(
        "A bar is as long as its value", arguments: [(0.0, 0), (0.5, 50), (1.0, 100), (7.0, 100), (-1.0, 0), (.nan, 0)])
    func bars(value: Double, length: Int) {
        var canvas = Canvas(width: 100, height: 5)
        canvas.drawBar(x: 0, y: 0, width: 100, height: 5, value: value, color: .black, track: .white)
        let dark = (0..<100).count { canvas.image[$0, 2].red < 128 }
        #expect(abs(dark - length) <= 1)
    }

    /// The box of everything that is not white.
    static func ink(_ image: Image) -> (left: Int, top: Int, right: Int, bottom: Int) {
        var box = (left: image.width, top: image.height, right: 0, bottom: 0)
        for y in 0..<image.height {
            for x in 0..<image.width where image[x, y] != .white {
                box = (min(box.left, x), min(box.top, y), max(box.right, x + 1), max(box.bottom, y + 1))
            }
        }
        return box
    }
}
