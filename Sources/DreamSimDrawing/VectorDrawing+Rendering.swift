package import DreamSimImages

extension VectorDrawing {
    /// Draws the sheet as pixels.
    package func rendered() -> Image {
        var canvas = Canvas(width: width, height: height, background: background)
        for mark in marks {
            switch mark {
            case .rectangle(let origin, let width, let height, let radius, let color):
                canvas.fill(
                    x: Int(origin.x.rounded()), y: Int(origin.y.rounded()), width: Int(width.rounded()),
                    height: Int(height.rounded()), color: color, radius: radius)
            case .line(let points, let width, let color):
                for (a, b) in zip(points, points.dropFirst()) { canvas.line(a, b, width: width, color: color) }
            case .polygon(let points, let color): canvas.polygon(points, color: color)
            case .circle(let center, let radius, let color):
                canvas.line(center, center, width: 2 * radius, color: color)
            case .text(let text, let origin, let style, let alignment):
                let width = alignment == .leading ? 0 : Canvas.width(of: text, style: style)
                let left = alignment == .leading ? 0 : alignment == .center ? width / 2 : width
                canvas.draw(text, x: Int(origin.x.rounded()) - left, y: Int(origin.y.rounded()), style: style)
            }
        }
        return canvas.image
    }
}

extension Canvas {
    /// Draws a straight line with round ends, one pixel soft.
    mutating func line(_ a: VectorDrawing.Point, _ b: VectorDrawing.Point, width: Double, color: RGB) {
        guard a.x.isFinite, a.y.isFinite, b.x.isFinite, b.y.isFinite else { return }
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let length = dx * dx + dy * dy
        paint(around: [a, b], reach: width / 2 + 1, color: color) { x, y in
            let along = length > 0 ? min(max(((x - a.x) * dx + (y - a.y) * dy) / length, 0), 1) : 0
            let (ox, oy) = (x - a.x - along * dx, y - a.y - along * dy)
            return width / 2 + 0.5 - (ox * ox + oy * oy).squareRoot()
        }
    }

    /// Fills a shape with straight edges by the even-odd rule; each pixel is tried at 16 places.
    mutating func polygon(_ points: [VectorDrawing.Point], color: RGB) {
        paint(around: points, reach: 1, color: color) { x, y in
            var inside = 0
            for sub in 0..<16 {
                let (px, py) = (x - 0.375 + Double(sub % 4) / 4, y - 0.375 + Double(sub / 4) / 4)
                var isInside = false
                for (a, b) in zip(points, points.dropFirst() + points.prefix(1)) where (a.y > py) != (b.y > py) {
                    if px < a.x + (py - a.y) / (b.y - a.y) * (b.x - a.x) { isInside.toggle() }
                }
                if isInside { inside += 1 }
            }
            return Double(inside) / 16
        }
    }

    /// Blends a color into the pixels around some points; `coverage` is asked at their centers.
    private mutating func paint(
        around points: [VectorDrawing.Point], reach: Double, color: RGB, coverage: (Double, Double) -> Double
    ) {
        guard points.allSatisfy({ abs($0.x) < 1e6 && abs($0.y) < 1e6 }) else { return }
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        let left = max(0, Int(((xs.min() ?? 0) - reach).rounded(.down)))
        let right = min(width, Int(((xs.max() ?? 0) + reach).rounded(.up)) + 1)
        let top = max(0, Int(((ys.min() ?? 0) - reach).rounded(.down)))
        let bottom = min(height, Int(((ys.max() ?? 0) + reach).rounded(.up)) + 1)
        guard left < right, top < bottom else { return }
        for y in top..<bottom {
            for x in left..<right {
                let covered = min(max(coverage(Double(x) + 0.5, Double(y) + 0.5), 0), 1)
                if covered > 0 { blend(color, x: x, y: y, coverage: Int((covered * 255).rounded())) }
            }
        }
    }
}
