import Foundation

/// What PDQ says of an image: its hash, the hashes that it would have turned and mirrored, and how much they say.
package struct PDQFingerprint: Sendable, Hashable {
    /// The hash that the image has in each orientation: eight, in the order of `Orientation.allCases`.
    package let hashes: [PDQHash]
    /// How much detail the hash rests on, 0...100; below 50, as of blank images, it says little.
    package let quality: Int

    /// The hash of the image as it is.
    package var hash: PDQHash { hashes[0] }

    /// The number of bytes of a fingerprint.
    package static let byteCount = 32 * 8 + 1

    /// The eight hashes of 32 bytes each, then the quality.
    package var bytes: [UInt8] { hashes.flatMap(\.bytes) + [UInt8(quality)] }

    /// A fingerprint from its bytes; nil for anything that `bytes` does not give.
    package init?(bytes: some RandomAccessCollection<UInt8>) {
        guard bytes.count == Self.byteCount, let quality = bytes.last, quality <= 100 else { return nil }
        hashes = (0..<8).compactMap { PDQHash(bytes: bytes.dropFirst(32 * $0).prefix(32)) }
        self.quality = Int(quality)
    }

    /// The fingerprint of an image. One with a side below 5 pixels has hashes of zeros and quality 0.
    ///
    /// Source: PDQ in Meta's ThreatExchange (pdqhashing.cpp, downscaling.cpp), whose hashes these equal but for rounding:
    /// few images have a bit that differs.
    /// - Complexity: O(W * H).
    package init(_ image: Image) {
        guard min(image.width, image.height) >= 5 else {
            hashes = Array(repeating: PDQHash { _ in false }, count: 8)
            quality = 0
            return
        }
        let luma = PDQDownsampling.luma(of: image)
        quality = Self.quality(of: luma)
        let frequencies = Self.frequencies(of: luma)
        hashes = Orientation.allCases.map { Self.hash(of: frequencies, $0) }
    }
}

extension PDQFingerprint {
    /// Sums the steps between neighbors, each in whole percent of the range, so that faint ones do not count.
    /// - Parameter luma: 64 * 64 values in 0...255.
    private static func quality(of luma: [Float]) -> Int {
        func step(_ a: Float, _ b: Float) -> Int { abs(Int((a - b) * 100 / 255)) }
        var sum = 0
        for i in 0..<63 {
            for j in 0..<64 {
                sum += step(luma[i * 64 + j], luma[(i + 1) * 64 + j]) + step(luma[j * 64 + i], luma[j * 64 + i + 1])
            }
        }
        return min(100, sum / 90)
    }

    /// Cosines of the frequencies 1...16 at 64 places: 16 * 64 values.
    private static let cosines: [Float] = (0..<1024).map { i in
        let angle = Double.pi / 128 * Double((i / 64 + 1) * (2 * (i % 64) + 1))
        return Float((2.0 / 64).squareRoot()) * Float(cos(angle))
    }

    /// The lowest frequencies of the discrete cosine transform without the constant one: 16 * 16 values, those of one
    /// vertical frequency together.
    private static func frequencies(of luma: [Float]) -> [Float] {
        var narrow = [Float](repeating: 0, count: 16 * 64)
        for i in 0..<16 {
            for k in 0..<64 {
                let weight = cosines[i * 64 + k]
                for j in 0..<64 { narrow[i * 64 + j] += weight * luma[k * 64 + j] }
            }
        }
        return (0..<256).map { index in
            var sum: Float = 0
            for k in 0..<64 { sum += narrow[index / 16 * 64 + k] * cosines[index % 16 * 64 + k] }
            return sum
        }
    }

    /// The bits say which frequencies are above the median of all. A mirrored image has the odd frequencies negated.
    private static func hash(of frequencies: [Float], _ orientation: Orientation) -> PDQHash {
        let values = (0..<256).map { index in
            let (i, j) = (index / 16, index % 16)
            let value = frequencies[orientation.isTransposed ? j * 16 + i : index]
            // The first is frequency 1.
            let isNegated = (orientation.swapsRows && i % 2 == 0) != (orientation.swapsColumns && j % 2 == 0)
            return isNegated ? -value : value
        }
        // The lower median: 128 bits are set unless frequencies are equal.
        let median = values.sorted()[127]
        return PDQHash { values[$0] > median }
    }
}
