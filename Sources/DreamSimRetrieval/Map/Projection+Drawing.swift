import Foundation

/// How a map is drawn.
package struct ProjectionDrawing: Sendable {
    /// The side of the image in pixels.
    package var side = 2400
    /// The most small images; the others are dots.
    package var images = 2500
    /// Light letters on a dark ground.
    package var isDark = false

    /// A light image of 2400 pixels.
    package init() {}
}

extension Projection {
    /// Draws the map: small images as near to their places as they fit without overlapping; dots for those for which
    /// there is no room.
    /// - Parameter decoding: how files become images. One that cannot be read any more is a dot.
    /// - Throws: `DreamSimError` with `.badRequest` for a side that is not from 200 to 20000.
    package func drawn(_ drawing: ProjectionDrawing = ProjectionDrawing(), decoding: DecodingOptions) throws -> Image {
        guard (200...20_000).contains(drawing.side) else {
            throw DreamSimError(.badRequest, "side \(drawing.side)", "must be from 200 to 20000 pixels")
        }
        let margin = drawing.side / 60
        let inner = drawing.side - 2 * margin
        let shown = min(points.count, max(0, drawing.images))
        let columns = MapGrid.columns(for: shown)
        let cell = Double(inner) / Double(columns)
        let grid = MapGrid(points.map { ($0.x, $0.y) }, columns: columns, most: shown)
        let (ground, soft) = drawing.isDark ? (RGB(0x14181D), RGB(0x55606C)) : (RGB(0xF6F7F9), RGB(0xA9B4C0))
        var canvas = Canvas(width: drawing.side, height: drawing.side, background: ground)
        func place(_ share: Double) -> Int { margin + Int(share * Double(inner)) }
        let dot = max(2, drawing.side / 600)
        func drawDot(_ index: Int) {
            canvas.fill(
                x: place(points[index].x) - dot, y: place(points[index].y) - dot, width: 2 * dot, height: 2 * dot,
                color: soft, radius: Double(dot))
        }
        for index in points.indices where grid.cells[index] == nil { drawDot(index) }
        let chosen = points.indices.filter { grid.cells[$0] != nil }
        let size = max(2, Int(cell * 0.94))
        let paths = chosen.map { points[$0].image }
        let small = Lookahead(paths.count, capacity: 32, threads: Parallel.threads) { index in
            Thumbnail(paths[index], largest: size, decoding)?.image
        }
        for index in chosen {
            guard let image = small.next() ?? nil, let (column, row) = grid.cells[index] else {
                drawDot(index)
                continue
            }
            canvas.draw(
                image, x: margin + Int((Double(column) + 0.5) * cell) - image.width / 2,
                y: margin + Int((Double(row) + 0.5) * cell) - image.height / 2)
        }
        return canvas.image
    }
}

/// Which cell of a square grid each point takes: the nearest free one.
struct MapGrid {
    /// Column and row; nil for points that have none.
    let cells: [(column: Int, row: Int)?]

    /// More than twice as many cells as images leave the shape of the map.
    static func columns(for images: Int) -> Int {
        max(1, Int((2.4 * Double(max(1, images))).squareRoot().rounded(.up)))
    }

    /// - Parameters:
    ///   - points: from 0 to 1 along both axes.
    ///   - most: how many points get a cell. When not all do, those that come first in an order that spreads them evenly.
    init(_ points: [(x: Double, y: Double)], columns: Int, most: Int) {
        var isTaken = [Bool](repeating: false, count: columns * columns)
        var cells = [(column: Int, row: Int)?](repeating: nil, count: points.count)
        func cell(_ share: Double) -> Int { min(max(Int(share * Double(columns)), 0), columns - 1) }
        // Steps of the golden ratio visit all parts of the list early on.
        let order =
            most >= points.count
            ? Array(points.indices)
            : points.indices.sorted {
                (Double($0) * 0.618_033_988_749).truncatingRemainder(dividingBy: 1)
                    < (Double($1) * 0.618_033_988_749).truncatingRemainder(dividingBy: 1)
            }
        for index in order.prefix(most) {
            let (x, y) = (cell(points[index].x), cell(points[index].y))
            let (px, py) = (points[index].x * Double(columns) - 0.5, points[index].y * Double(columns) - 0.5)
            var best: (distance: Double, column: Int, row: Int)?
            for radius in 0..<columns {
                // Nothing on this ring or beyond can be nearer than what was found.
                if let best, Double(radius) - 0.5 > best.distance { break }
                for row in max(0, y - radius)...min(columns - 1, y + radius) {
                    let isEdge = abs(row - y) == radius
                    let step = isEdge ? 1 : max(1, 2 * radius)
                    for column in stride(from: x - radius, through: x + radius, by: step)
                    where (0..<columns).contains(column) && !isTaken[row * columns + column] {
                        let distance = hypot(Double(column) - px, Double(row) - py)
                        if distance < best?.distance ?? .infinity { best = (distance, column, row) }
                    }
                }
            }
            guard let best else { continue }
            isTaken[best.row * columns + best.column] = true
            cells[index] = (best.column, best.row)
        }
        self.cells = cells
    }
}

/// A small copy of an image.
struct Thumbnail {
    let image: Image

    /// nil when the file cannot be read.
    init?(_ path: ImagePath, largest side: Int, _ decoding: DecodingOptions) {
        guard let image = try? Image(contentsOfFile: path.bytes, options: decoding) else { return nil }
        let scale = min(1, Double(side) / Double(max(image.width, image.height)))
        self.image = image.fitted(
            width: max(1, Int((Double(image.width) * scale).rounded())),
            height: max(1, Int((Double(image.height) * scale).rounded())), fit: .stretch)
    }

    /// The image as a JPEG in a data URL.
    func dataURL(quality: Int = 82) -> String? {
        guard let jpeg = try? image.jpegData(quality: quality) else { return nil }
        return "data:image/jpeg;base64," + Data(jpeg).base64EncodedString()
    }
}
