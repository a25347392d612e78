/// The colors of the foreground where it is mixed with the background, by blur fusion (Forte, ICIP
/// 2021): means of the colors around, weighed by alpha, and corrected such that the
/// mixture is the image. Twice, with a wide window and a narrow one.
enum ForegroundColors {
    /// The longer side at which means are taken, which need no detail.
    private static let side = 512
    /// The radii of the windows, in parts of the longer side: first to reach everywhere, then to stay near.
    private static let radii = [90.0 / 1000, 6.0 / 1000]

    /// - Parameters:
    ///   - image: the image.
    ///   - alpha: as large as the image.
    /// - Returns: the foreground's colors; black where alpha is 0.
    /// - Throws: `DreamSimError` with `.cancelled` when it is stopped.
    static func colors(of image: Image, alpha: ScalarField) throws(DreamSimError) -> Image {
        let scale = min(1, Double(side) / Double(max(image.width, image.height)))
        let (width, height) = (
            max(1, Int(Double(image.width) * scale)), max(1, Int(Double(image.height) * scale))
        )
        let small = image.resized(width: width, height: height, filter: .box)
        let weights =
            alpha.width == width && alpha.height == height ? alpha : alpha.averaged(columns: width, rows: height)
        let rest = weights.map { 1 - $0 }
        let radii = radii.map { max(1, Int($0 * Double(max(width, height)))) }
        let masses = radii.map { radius in (weights.boxMean(radius), rest.boxMean(radius)) }
        var means: [(front: [Float], back: [Float])] = []
        for channel in 0..<3 {
            try CutoutStep.check()
            let pixels = ScalarField(
                width: width, height: height,
                values: stride(from: channel, to: small.pixels.count, by: 3).map { Float(small.pixels[$0]) })
            var (front, back) = (pixels, pixels)
            for (radius, mass) in zip(radii, masses) {
                let near = (mean(front, weights, radius, mass.0), mean(back, rest, radius, mass.1))
                front = corrected(near.0, near.1, weights, pixels)
                back = near.1
            }
            means.append(
                (
                    front: front.resized(width: image.width, height: image.height).values,
                    back: back.resized(width: image.width, height: image.height).values
                ))
        }
        let pixels = [UInt8](unsafeUninitializedCapacity: image.pixels.count) { target, count in
            for (i, alpha) in alpha.values.enumerated() {
                for channel in 0..<3 {
                    let (own, front, back) = (
                        Float(image.pixels[3 * i + channel]), means[channel].front[i], means[channel].back[i]
                    )
                    let color = alpha >= 1 ? own : front + alpha * (own - alpha * front - (1 - alpha) * back)
                    target[3 * i + channel] = alpha <= 0 ? 0 : UInt8(min(max(color, 0), 255).rounded())
                }
            }
            count = image.pixels.count
        }
        return Image(width: image.width, height: image.height, pixels: pixels)
    }

    private static func mean(_ field: ScalarField, _ weights: ScalarField, _ radius: Int, _ mass: ScalarField)
        -> ScalarField
    {
        let sums = joined(field, weights) { $0 * $1 }.boxMean(radius)
        // Where nothing of a kind is near, what was there before stays.
        let means = joined(sums, mass) { $1 > 1e-5 ? $0 / $1 : -1 }
        return joined(means, field) { $0 < 0 ? $1 : $0 }
    }

    private static func corrected(
        _ front: ScalarField, _ back: ScalarField, _ alpha: ScalarField, _ image: ScalarField
    ) -> ScalarField {
        let mixture = joined(joined(front, alpha) { $0 * $1 }, joined(back, alpha) { $0 * (1 - $1) }) { $0 + $1 }
        let missing = joined(joined(image, mixture) { $0 - $1 }, alpha) { $0 * $1 }
        return joined(front, missing) { min(max($0 + $1, 0), 255) }
    }

    private static func joined(_ a: ScalarField, _ b: ScalarField, _ join: (Float, Float) -> Float) -> ScalarField {
        ScalarField(width: a.width, height: a.height, values: zip(a.values, b.values).map(join))
    }
}
