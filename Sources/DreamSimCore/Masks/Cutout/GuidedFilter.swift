/// The guided filter with a color image as its guide (He, Sun and Tang 2013): in every window a field is taken for a linear
/// function of the colors, so that its edges move to those of the image.
struct GuidedFilter {
    /// The slopes of red, green and blue, and the offset, at each place of the guide; averaged over the windows.
    private let coefficients: [ScalarField]

    /// Fits the functions.
    /// - Parameters:
    ///   - field: as large as the guide.
    ///   - guide: the colors.
    ///   - radius: half a window's side, in places.
    ///   - epsilon: how much slopes are held back, in squared parts of the range of colors.
    init(_ field: ScalarField, guide: Image, radius: Int, epsilon: Float) {
        let (width, height) = (field.width, field.height)
        precondition(guide.width == width && guide.height == height, "a guide of \(guide.width)x\(guide.height)")
        func made(_ value: (Int) -> Float) -> ScalarField {
            ScalarField(width: width, height: height, values: (0..<(width * height)).map(value))
        }
        func mean(_ value: (Int) -> Float) -> [Float] { made(value).boxMean(radius).values }
        func color(_ channel: Int) -> (Int) -> Float { { Float(guide.pixels[3 * $0 + channel]) / 255 } }
        let (red, green, blue) = (color(0), color(1), color(2))
        let (meanR, meanG, meanB) = (mean(red), mean(green), mean(blue))
        let meanField = field.boxMean(radius).values
        let (rr, rg, rb) = (mean { red($0) * red($0) }, mean { red($0) * green($0) }, mean { red($0) * blue($0) })
        let (gg, gb, bb) = (mean { green($0) * green($0) }, mean { green($0) * blue($0) }, mean { blue($0) * blue($0) })
        let withR = mean { red($0) * field.values[$0] }
        let withG = mean { green($0) * field.values[$0] }
        let withB = mean { blue($0) * field.values[$0] }
        var slopes = [[Float]](repeating: [Float](repeating: 0, count: width * height), count: 4)
        for i in 0..<(width * height) {
            let (r, g, b, p) = (meanR[i], meanG[i], meanB[i], meanField[i])
            let covariance = Symmetric3(
                xx: Double(rr[i] - r * r + epsilon), xy: Double(rg[i] - r * g), xz: Double(rb[i] - r * b),
                yy: Double(gg[i] - g * g + epsilon), yz: Double(gb[i] - g * b), zz: Double(bb[i] - b * b + epsilon))
            let slope = covariance.solved(
                SIMD3(Double(withR[i] - r * p), Double(withG[i] - g * p), Double(withB[i] - b * p)))
            (slopes[0][i], slopes[1][i], slopes[2][i]) = (Float(slope.x), Float(slope.y), Float(slope.z))
            slopes[3][i] = p - slopes[0][i] * r - slopes[1][i] * g - slopes[2][i] * b
        }
        coefficients = slopes.map { ScalarField(width: width, height: height, values: $0).boxMean(radius) }
    }

    /// The functions applied to an image: the guide itself, or a larger version of it, whose detail they bring out (He and
    /// Sun 2015).
    func applied(to image: Image) -> ScalarField {
        let fields = coefficients.map { $0.resized(width: image.width, height: image.height).values }
        return ScalarField(
            width: image.width, height: image.height,
            values: (0..<(image.width * image.height)).map { i in
                (0..<3).reduce(fields[3][i]) { $0 + fields[$1][i] * Float(image.pixels[3 * i + $1]) / 255 }
            })
    }
}

/// A symmetric matrix of three rows, positive definite.
struct Symmetric3 {
    var xx, xy, xz, yy, yz, zz: Double

    /// The matrix's inverse times a vector.
    func solved(_ v: SIMD3<Double>) -> SIMD3<Double> {
        let a = yy * zz - yz * yz
        let b = xz * yz - xy * zz
        let c = xy * yz - xz * yy
        let scale = 1 / (xx * a + xy * b + xz * c)
        let d = xx * zz - xz * xz
        let e = xy * xz - xx * yz
        let f = xx * yy - xy * xy
        return SIMD3(
            (a * v.x + b * v.y + c * v.z) * scale, (b * v.x + d * v.y + e * v.z) * scale,
            (c * v.x + e * v.y + f * v.z) * scale)
    }
}
