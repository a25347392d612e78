extension CopySignature {
    /// The signature of an image.
    /// - Complexity: O(W * H).
    package init(_ image: Image) {
        let side = DetailOctave.all[0].samples
        let small = image.resized(width: side, height: side)
        let luma = small.resized(width: Self.lumaSide, height: Self.lumaSide, filter: .bilinear)
        let chroma = small.resized(width: Self.chromaSide, height: Self.chromaSide, filter: .bilinear)
        let plane = Self.luma(of: small)
        self.init(
            width: image.width, height: image.height, luma: Self.luma(of: luma).map { UInt8($0.rounded()) },
            chroma: Self.differences(of: chroma, from: \.blue, by: 0.564)
                + Self.differences(of: chroma, from: \.red, by: 0.713),
            octaves: zip(Self.powers(of: plane), Self.powers(of: Self.blurred(plane, side))).map(
                DetailOctave.init(power:blurred:)))
    }

    private static func luma(of image: Image) -> [Float] {
        let count = image.width * image.height
        return [Float](unsafeUninitializedCapacity: count) { luma, initialized in
            image.pixels.withUnsafeBufferPointer { pixels in
                for i in 0..<count {
                    let (red, green) = (Float(pixels[3 &* i]), Float(pixels[3 &* i &+ 1]))
                    luma[i] = 0.299 * red + 0.587 * green + 0.114 * Float(pixels[3 &* i &+ 2])
                }
            }
            initialized = count
        }
    }

    /// How much a channel is above the luma, as in YCbCr.
    private static func differences(of image: Image, from channel: KeyPath<RGB, UInt8>, by scale: Float) -> [UInt8] {
        zip(luma(of: image), 0...).map { luma, i in
            let value = image[i % image.width, i / image.width][keyPath: channel]
            return UInt8(min(max((128 + scale * (Float(value) - luma)).rounded(), 0), 255))
        }
    }

    /// Blurs a square plane with a standard deviation of a 768th of its side; at a side of 512 its variance is 4/9.
    private static func blurred(_ plane: [Float], _ side: Int) -> [Float] {
        let outer: Float = 2.0 / 9
        let inner = 1 - 2 * outer
        var result = plane
        result.withUnsafeMutableBufferPointer { result in
            plane.withUnsafeBufferPointer { plane in
                for y in 0..<side {
                    let line = plane.baseAddress! + y * side
                    let above = plane.baseAddress! + max(0, y - 1) * side
                    let below = plane.baseAddress! + min(side - 1, y + 1) * side
                    let out = result.baseAddress! + y * side
                    for x in 0..<side { out[x] = inner * line[x] + outer * (above[x] + below[x]) }
                    var left = out[0]
                    for x in 0..<(side - 1) {
                        let center = out[x]
                        out[x] = inner * center + outer * (left + out[x + 1])
                        left = center
                    }
                    out[side - 1] = inner * out[side - 1] + outer * (left + out[side - 1])
                }
            }
        }
        return result
    }

    /// For each octave the mean square, in each of its cells, of how far samples are from the mean of their four: what a
    /// version of half the size does not have.
    private static func powers(of plane: [Float]) -> [[Float]] {
        var plane = plane
        return DetailOctave.all.map { side, cells in
            let half = side / 2
            var next = [Float](repeating: 0, count: half * half)
            var sums = [Float](repeating: 0, count: cells * cells)
            let pairs = half / cells
            for y in 0..<half {
                for x in 0..<half {
                    let i = 2 * y * side + 2 * x
                    let (a, b, c, d) = (plane[i], plane[i + 1], plane[i + side], plane[i + side + 1])
                    let mean = (a + b + c + d) / 4
                    next[y * half + x] = mean
                    let squares = (a - mean) * (a - mean) + (b - mean) * (b - mean)
                    sums[y / pairs * cells + x / pairs] += squares + (c - mean) * (c - mean) + (d - mean) * (d - mean)
                }
            }
            plane = next
            return sums.map { $0 / Float(4 * pairs * pairs) }
        }
    }
}
