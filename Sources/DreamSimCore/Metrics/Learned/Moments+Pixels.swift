extension Moments {
    /// The moments of the colors of two images of one size, on values in [0, 1]; sums are exact, in integers.
    init(ofPixelsOf a: Image, _ b: Image) {
        var (x, y, xx, yy, xy) = (SIMD3<Int>(), SIMD3<Int>(), SIMD3<Int>(), SIMD3<Int>(), SIMD3<Int>())
        a.pixels.withUnsafeBufferPointer { a in
            b.pixels.withUnsafeBufferPointer { b in
                for i in stride(from: 0, to: a.count, by: 3) {
                    let p = SIMD3(Int(a[i]), Int(a[i + 1]), Int(a[i + 2]))
                    let q = SIMD3(Int(b[i]), Int(b[i + 1]), Int(b[i + 2]))
                    x &+= p
                    y &+= q
                    xx &+= p &* p
                    yy &+= q &* q
                    xy &+= p &* q
                }
            }
        }
        let n = a.width * a.height
        // About zero and not about the means, yet exact to 1e-16 of the sums, which are of the variances' order.
        func centered(_ products: SIMD3<Int>, _ p: SIMD3<Int>, _ q: SIMD3<Int>) -> [Double] {
            (0..<3).map { c in (Double(products[c]) - Double(p[c]) * (Double(q[c]) / Double(n))) / (255 * 255) }
        }
        func means(_ sums: SIMD3<Int>) -> [Double] { (0..<3).map { Double(sums[$0]) / Double(n) / 255 } }
        self.init(
            count: Double(n), meanX: means(x), meanY: means(y), squaresX: centered(xx, x, x),
            squaresY: centered(yy, y, y), products: centered(xy, x, y))
    }
}
