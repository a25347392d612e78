import Foundation

extension Image {
    /// Left and right exchanged.
    func mirrored() -> Image {
        warped { x, y in (Double(width - 1) - x, y) }
    }

    /// Turned clockwise around the center; the border is mirrored.
    func rotated(byDegrees degrees: Double) -> Image {
        let (sine, cosine) = (sin(degrees * .pi / 180), cos(degrees * .pi / 180))
        let (cx, cy) = (Double(width - 1) / 2, Double(height - 1) / 2)
        return warped { x, y in
            let (dx, dy) = (x - cx, y - cy)
            return (cx + cosine * dx + sine * dy, cy - sine * dx + cosine * dy)
        }
    }

    /// Squares of the image in random order; what remains at the right and lower border stays where it is.
    /// - Parameter squares: the number of squares along each side.
    func shuffled(squares: Int, seed: UInt64) -> Image {
        let squares = min(squares, min(width, height))
        guard squares > 1 else { return self }
        let (w, h) = (width / squares, height / squares)
        var random = SeededGenerator(state: seed)
        var order = Array(0..<(squares * squares))
        for i in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(i, random.index(below: i + 1)) }
        var result = pixels
        for (to, from) in order.enumerated() {
            let (toX, toY) = (to % squares * w, to / squares * h)
            let (fromX, fromY) = (from % squares * w, from / squares * h)
            for y in 0..<h {
                let (target, source) = (((toY + y) * width + toX) * 3, ((fromY + y) * width + fromX) * 3)
                for i in 0..<(3 * w) { result[target + i] = pixels[source + i] }
            }
        }
        return Image(width: width, height: height, pixels: result)
    }

    /// The image whose every pixel is taken from another place, interpolated bilinearly; beyond the border it is mirrored.
    /// - Parameter place: where the pixel of a column and a row comes from.
    func warped(_ place: (Double, Double) -> (Double, Double)) -> Image {
        let pixels = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
            self.pixels.withUnsafeBufferPointer { source in
                for row in 0..<height {
                    for column in 0..<width {
                        let (x, y) = place(Double(column), Double(row))
                        let (left, top) = (x.rounded(.down), y.rounded(.down))
                        let (u, v) = (x - left, y - top)
                        let x0 = Self.reflected(Int(left), width)
                        let x1 = Self.reflected(Int(left) + 1, width)
                        let y0 = Self.reflected(Int(top), height) * width
                        let y1 = Self.reflected(Int(top) + 1, height) * width
                        for c in 0..<3 {
                            let above =
                                (1 - u) * Double(source[(y0 + x0) * 3 + c]) + u * Double(source[(y0 + x1) * 3 + c])
                            let below =
                                (1 - u) * Double(source[(y1 + x0) * 3 + c]) + u * Double(source[(y1 + x1) * 3 + c])
                            target[(row * width + column) * 3 + c] = UInt8(((1 - v) * above + v * below).rounded())
                        }
                    }
                }
            }
            count = self.pixels.count
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// The index in 0..<count that stands in for one outside, mirrored at the borders.
    private static func reflected(_ index: Int, _ count: Int) -> Int {
        guard count > 1 else { return 0 }
        let period = 2 * (count - 1)
        let folded = ((index % period) + period) % period
        return folded < count ? folded : period - folded
    }
}
