import DreamSimTensors

/// The matting Laplacian of Levin, Lischinski and Weiss (2008) at the places of an image whose alpha is not known: for
/// each of them the weights of the 25 places around it.
///
/// The Laplacian says how far alpha is from a linear function of the colors in windows of 3 x 3 pixels.
struct MattingStencil {
    /// How many weights a place has, row by row.
    static let size = 25
    /// `size` weights for each unknown place.
    let weights: [Float]

    /// - Parameters:
    ///   - image: at least 3 pixels on each side.
    ///   - places: the unknown places, ascending.
    ///   - epsilon: how much slopes are held back, in squared parts of the range of colors.
    init(_ image: Image, places: [Int32], epsilon: Double) {
        let (width, height) = (image.width, image.height)
        precondition(width >= 3 && height >= 3, "windows of 3 in \(width)x\(height)")
        var index = [Int32](repeating: -1, count: width * height)
        for (number, place) in places.enumerated() { index[Int(place)] = Int32(number) }
        let numbers = index
        weights = [Float](unsafeUninitializedCapacity: places.count * Self.size) { weights, initialized in
            weights.initialize(repeating: 0)
            initialized = weights.count
            guard let base = weights.baseAddress else { return }
            let target = UnsafeSendablePointer(base)
            // Places of one range of rows belong to one thread, which looks at all windows that reach them.
            Parallel.forEachRange(height, multiple: 8) { rows in
                var window = MattingWindow(epsilon: epsilon)
                for y in max(1, rows.lowerBound - 1)..<max(1, min(height - 1, rows.upperBound + 1)) {
                    for x in 1..<(width - 1) {
                        guard Self.hasUnknown(numbers, x, y, width) else { continue }
                        window.take(image, x, y)
                        for i in 0..<9 {
                            let row = y - 1 + i / 3
                            let number = Int(numbers[row * width + x - 1 + i % 3])
                            guard number >= 0, rows.contains(row) else { continue }
                            // From the place to the first of the window: two rows and columns away at most.
                            let first = target.pointer + number * Self.size + (2 - i / 3) * 5 + 2 - i % 3
                            window.add(i, to: first)
                        }
                    }
                }
            }
        }
    }

    private static func hasUnknown(_ numbers: [Int32], _ x: Int, _ y: Int, _ width: Int) -> Bool {
        for row in (y - 1)...(y + 1) {
            let place = row * width + x
            if numbers[place - 1] >= 0 || numbers[place] >= 0 || numbers[place + 1] >= 0 { return true }
        }
        return false
    }
}

/// The colors of a window of 3 x 3 pixels, less their mean, and turned such that their plain products are those under the
/// inverse of their covariance.
private struct MattingWindow {
    private let epsilon: Double
    private var exact = [SIMD4<Double>](repeating: .zero, count: 9)
    private var colors = [SIMD4<Float>](repeating: .zero, count: 9)

    init(epsilon: Double) { self.epsilon = epsilon }

    mutating func take(_ image: Image, _ x: Int, _ y: Int) {
        var mean = SIMD4<Double>.zero
        for i in 0..<9 {
            let p = 3 * ((y - 1 + i / 3) * image.width + x - 1 + i % 3)
            exact[i] = SIMD4(Double(image.pixels[p]), Double(image.pixels[p + 1]), Double(image.pixels[p + 2]), 0) / 255
            mean += exact[i]
        }
        mean /= 9
        var (xx, xy, xz, yy, yz, zz) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for i in 0..<9 {
            let c = exact[i] - mean
            exact[i] = c
            (xx, xy, xz) = (xx + c.x * c.x, xy + c.x * c.y, xz + c.x * c.z)
            (yy, yz, zz) = (yy + c.y * c.y, yz + c.y * c.z, zz + c.z * c.z)
        }
        // Cholesky of the covariance, as in the papers' code with epsilon over the number of pixels.
        let a = ((xx + epsilon) / 9).squareRoot()
        let (b, d) = (xy / 9 / a, xz / 9 / a)
        let c = ((yy + epsilon) / 9 - b * b).squareRoot()
        let e = (yz / 9 - b * d) / c
        let f = ((zz + epsilon) / 9 - d * d - e * e).squareRoot()
        for i in 0..<9 {
            let u = exact[i].x / a
            let v = (exact[i].y - b * u) / c
            colors[i] = SIMD4(Float(u), Float(v), Float((exact[i].z - d * u - e * v) / f), 0)
        }
    }

    /// Adds the weights between a pixel of the window and all of them.
    func add(_ i: Int, to first: UnsafeMutablePointer<Float>) {
        let own = colors[i]
        for j in 0..<9 {
            let product = own.x * colors[j].x + own.y * colors[j].y + own.z * colors[j].z
            first[j / 3 * 5 + j % 3] -= (1 + product) / 9
        }
        first[i / 3 * 5 + i % 3] += 1
    }
}
