import Foundation

/// A map as a page that can be moved and zoomed, in one file.
package struct ProjectionPage: Sendable {
    private let map: Projection
    private let most: Int
    private let decoding: DecodingOptions

    /// The sheets that hold the small images are squares of so many pixels.
    private static let sheet = 1536

    /// The side of a small image: with fewer of them there is room for more of each.
    private static func side(for images: Int) -> Int { images > 500 ? 96 : 192 }

    /// - Parameters:
    ///   - most: how many images are shown; the others are dots. Each takes some 4 kB; up to 500 are larger and take some 12.
    ///   - decoding: how files become images.
    package init(_ map: Projection, images most: Int = 2000, decoding: DecodingOptions) {
        (self.map, self.most, self.decoding) = (map, most, decoding)
    }

    /// The page. Files that cannot be read any more are dots.
    package func html() throws -> String {
        let columns = MapGrid.columns(for: min(most, map.points.count))
        let grid = MapGrid(map.points.map { ($0.x, $0.y) }, columns: columns, most: most)
        let shown = map.points.indices.filter { grid.cells[$0] != nil }
        let side = Self.side(for: shown.count)
        let together = Self.sheet / side
        let paths = shown.map { map.points[$0].image }
        let small = Lookahead(paths.count, capacity: 32, threads: Parallel.threads) { [decoding] index in
            Thumbnail(paths[index], largest: side, decoding)?.image
        }
        var sheets: [String] = []
        // For each point: x, y, name, link, and the place of its image with its size.
        var points: [String] = []
        var images: [Int: String] = [:]
        var sheet: Canvas?
        var onSheet = 0
        func finish() throws {
            guard let done = sheet?.image else { return }
            sheets.append("data:image/jpeg;base64," + Data(try done.jpegData(quality: 80)).base64EncodedString())
            (sheet, onSheet) = (nil, 0)
        }
        for index in shown {
            guard let image = small.next() ?? nil else { continue }
            if sheet == nil { sheet = Canvas(width: Self.sheet, height: Self.sheet) }
            let (x, y) = (onSheet % together * side, onSheet / together * side)
            sheet?.draw(image, x: x, y: y)
            images[index] = ",\(sheets.count),\(x),\(y),\(image.width),\(image.height)"
            onSheet += 1
            if onSheet == together * together { try finish() }
        }
        try finish()
        for (index, point) in map.points.enumerated() {
            let (name, link) = (try JSON.line(point.image.name), try JSON.line(GalleryPage.url(point.image)))
            // Images stand beside each other; dots where they belong.
            let cell = images[index] == nil ? nil : grid.cells[index]
            let x = cell.map { (Double($0.column) + 0.5) / Double(columns) } ?? point.x
            let y = cell.map { (Double($0.row) + 0.5) / Double(columns) } ?? point.y
            points.append(
                String(format: "[%.5f,%.5f,", x, y) + name + "," + link + (images[index] ?? "") + "]")
        }
        let count = "\(map.points.count) \(map.points.count == 1 ? "image" : "images")"
        let about =
            "\(count), \(map.neighbors) neighbors, seed \(map.seed). Near means alike; the axes mean nothing. "
            + "\(map.origin)."
        return HTML.page(
            title: "Map of images", style: PackageResources.projection_css,
            body: """
                <canvas tabindex="0" aria-label="Map of images: drag to move, wheel or + and - to zoom, 0 to see all"></canvas>
                <div id="name"></div><p>\(HTML.escaped(about)) Drag to move, wheel or + − to zoom, 0 for all, click to open.</p>
                """,
            script: """
                const columns = \(columns), side = \(side);
                const sources = [\(sheets.map { "\"\($0)\"" }.joined(separator: ",\n"))];
                const points = [
                \(
                    // A name may hold "</script>" or "<!--".
                    points.joined(separator: ",\n").replacing("<", with: "\\u003C"))
                ];
                \(String(decoding: PackageResources.projection_js, as: UTF8.self))
                """)
    }
}
