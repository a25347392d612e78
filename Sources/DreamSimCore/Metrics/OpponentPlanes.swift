/// An image's luma and its two differences of color (YIQ), 0...255, in double precision, as the classical metrics of image
/// quality take them.
struct OpponentPlanes {
    let luma: Plane
    let (i, q): (Plane, Plane)

    init(_ image: Image) {
        func plane(_ red: Double, _ green: Double, _ blue: Double) -> Plane {
            Plane(
                height: image.height, width: image.width,
                values: stride(from: 0, to: image.pixels.count, by: 3).map { p in
                    red * Double(image.pixels[p]) + green * Double(image.pixels[p + 1])
                        + blue * Double(image.pixels[p + 2])
                })
        }
        luma = plane(0.299, 0.587, 0.114)
        i = plane(0.5959, -0.2746, -0.3213)
        q = plane(0.2115, -0.5227, 0.3112)
    }

    private init(luma: Plane, i: Plane, q: Plane) { (self.luma, self.i, self.q) = (luma, i, q) }

    /// Every plane through a change.
    func map(_ change: (Plane) -> Plane) -> OpponentPlanes {
        OpponentPlanes(luma: change(luma), i: change(i), q: change(q))
    }
}

extension Plane {
    /// The value at a place; 0 beyond the borders.
    func padded(_ x: Int, _ y: Int) -> Double {
        x >= 0 && x < width && y >= 0 && y < height ? values[y * width + x] : 0
    }

    /// Means over squares of 2 x 2; where a side is odd, zeros are put below and to the right first, as piq does.
    func halvedWithZeros() -> Plane {
        let margin = max(width % 2, height % 2)
        var result = Plane(zeros: (height + margin) / 2, (width + margin) / 2)
        for y in 0..<result.height {
            for x in 0..<result.width {
                result.values[y * result.width + x] =
                    (padded(2 * x, 2 * y) + padded(2 * x + 1, 2 * y) + padded(2 * x, 2 * y + 1)
                        + padded(2 * x + 1, 2 * y + 1)) / 4
            }
        }
        return result
    }

    /// The magnitude of the gradient by a derivative filter of 3 x 3 with the weights (a, b, a) across it; zeros beyond the
    /// borders.
    func gradientMagnitude(_ a: Double, _ b: Double) -> [Double] {
        (0..<(width * height)).map { place in
            let (x, y) = (place % width, place / width)
            let across =
                a * (padded(x + 1, y - 1) - padded(x - 1, y - 1)) + b * (padded(x + 1, y) - padded(x - 1, y))
                + a * (padded(x + 1, y + 1) - padded(x - 1, y + 1))
            let down =
                a * (padded(x - 1, y + 1) - padded(x - 1, y - 1)) + b * (padded(x, y + 1) - padded(x, y - 1))
                + a * (padded(x + 1, y + 1) - padded(x + 1, y - 1))
            return (across * across + down * down).squareRoot()
        }
    }
}

/// How alike two magnitudes are, 1 for equal ones: (2ab + c) / (a^2 + b^2 + c).
func similarity(_ a: Double, _ b: Double, constant c: Double) -> Double {
    (2 * a * b + c) / (a * a + b * b + c)
}
