import Foundation

/// The 64-bit hashes of the Python package ImageHash, the first bit of its text the most significant.
extension Image {
    /// dHash: whether each of 8 x 8 places is lighter than the one to its left.
    package func differenceHash() -> UInt64 {
        let luma = LumaPlane(self).resized(width: 9, height: 8).values
        return (0..<64).reduce(0) { bits, i in
            let right = i / 8 * 9 + i % 8 + 1
            return bits << 1 | (luma[right] > luma[right - 1] ? 1 : 0)
        }
    }

    /// pHash: which of the 8 x 8 lowest frequencies of 32 x 32 places are above their median.
    package func perceptualHash() -> UInt64 {
        let luma = LumaPlane(self).resized(width: 32, height: 32).values
        var narrow = [Double](repeating: 0, count: 8 * 32)
        for i in 0..<8 {
            for k in 0..<32 {
                for j in 0..<32 { narrow[i * 32 + j] += Self.cosine(i, k) * Double(luma[k * 32 + j]) }
            }
        }
        let frequencies = (0..<64).map { index in
            let sum = (0..<32).reduce(0) { $0 + narrow[index / 8 * 32 + $1] * Self.cosine(index % 8, $1) }
            // What is equal, as the zeros of even and symmetric images are, must not differ by rounding.
            return (sum * 0x1p20).rounded()
        }
        let sorted = frequencies.sorted()
        let median = (sorted[31] + sorted[32]) / 2
        return frequencies.reduce(0) { $0 << 1 | ($1 > median ? 1 : 0) }
    }

    private static let cosines: [Double] = (0..<256).map { index in
        let (frequency, place) = index.quotientAndRemainder(dividingBy: 32)
        return cos(.pi / 64 * Double(frequency * (2 * place + 1)))
    }

    private static func cosine(_ frequency: Int, _ place: Int) -> Double { cosines[frequency * 32 + place] }
}
