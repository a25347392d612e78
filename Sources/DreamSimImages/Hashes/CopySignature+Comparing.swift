extension CopySignature {
    /// Whether one of the images can be the other compressed again or resized, and nothing else; in either order.
    ///
    /// Small versions must agree, and so must fine detail as far as both images have it. Resizing takes detail away as
    /// a slight blur does, of a strength that the smaller size explains; noise adds the same to all places. Doubt is a no:
    /// of 58 photographs of 768 pixels, JPEGs of quality 75, 66 % of copies of quality 85, 72 % of bicubic halves and 14 %
    /// of copies of quality 50 are recognized. Slight noise that was resized and compressed is not always seen as an edit.
    package func isReencoding(of other: CopySignature) -> Bool {
        guard hasProportions(of: other) else { return false }
        let (first, second) = precedes(other) ? (self, other) : (other, self)
        let side = min(second.width, second.height)
        guard hasColors(of: other, within: side < 320 ? 7 : 3) else { return false }
        let isResized = (first.width, first.height) != (second.width, second.height)
        // Per side of 768 pixels: the blur by resizing is a fixed part of a pixel of the smaller image.
        let scale = 768 / Double(side)
        let blurs = -0.2...max(0.25, 0.24 * scale * scale)
        var isFinest = true
        for (index, octave) in DetailOctave.all.enumerated() {
            // The detail just below the limit of the smaller image depends on how it was made.
            guard Double(side) >= Double(octave.samples) * (isResized ? 1.25 : 1) else { continue }
            let change = DetailChange(from: first.octaves[index], to: second.octaves[index])
            guard blurs.contains(change.blur), change.largest <= 0.6 else { return false }
            // What a resampling filter takes from coarse detail is no blur and would count as noise.
            if isResized && index > 1 { break }
            let noises = isResized && isFinest ? -0.15...0.08 : -0.25...0.25
            guard noises.contains(change.noise) else { return false }
            isFinest = false
        }
        return true
    }

    /// Whether the comparison goes from this to the other: from the larger, or from the one with more detail.
    private func precedes(_ other: CopySignature) -> Bool {
        let (own, others) = (width * height, other.width * other.height)
        if own != others { return own > others }
        func detail(_ signature: CopySignature) -> Double {
            signature.octaves[0].powers.reduce(0) { $0 + $1.power }
        }
        let (mine, its) = (detail(self), detail(other))
        return mine != its ? mine > its : other.bytes.lexicographicallyPrecedes(bytes)
    }

    /// Whether one could be the other resized: rounding a side to whole pixels changes the proportions a little.
    private func hasProportions(of other: CopySignature) -> Bool {
        let (a, b) = (Double(width) / Double(height), Double(other.width) / Double(other.height))
        let coarsest = Double(min(width, height, other.width, other.height))
        return abs(a - b) <= max(a, b) * max(0.01, 1 / max(1, coarsest))
    }

    /// Whether the small versions agree.
    /// - Parameter limit: How far luma may be apart at any place.
    private func hasColors(of other: CopySignature, within limit: Int) -> Bool {
        func differences(_ a: [UInt8], _ b: [UInt8]) -> [Int] { zip(a, b).map { abs(Int($0) - Int($1)) } }
        let luma = differences(luma, other.luma)
        let chroma = differences(chroma, other.chroma)
        let distances = zip(chroma.prefix(chroma.count / 2), chroma.suffix(chroma.count / 2)).map {
            Double($0 * $0 + $1 * $1).squareRoot()
        }
        return luma.allSatisfy { $0 <= limit } && distances.allSatisfy { $0 <= 4.5 }
            && Double(luma.reduce(0, +)) <= 0.6 * Double(luma.count)
            && distances.reduce(0, +) <= Double(distances.count)
    }
}
