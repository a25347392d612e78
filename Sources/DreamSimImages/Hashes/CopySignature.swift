/// What is kept of an image to tell a copy that was only compressed again or resized from one that was edited, without
/// reading either again: small versions of luma and chroma, and how much fine detail each place has.
package struct CopySignature: Sendable, Hashable {
    /// The number of columns of the image.
    package let width: Int
    /// The number of rows of the image.
    package let height: Int
    /// Luma at 32 x 32 places, 0...255, row by row.
    let luma: [UInt8]
    /// Blue and red difference at 8 x 8 places each, 128 for gray, row by row.
    let chroma: [UInt8]
    /// The detail of three octaves, from the finest on.
    let octaves: [DetailOctave]

    /// Sides of the small versions.
    static let (lumaSide, chromaSide) = (32, 8)

    init(width: Int, height: Int, luma: [UInt8], chroma: [UInt8], octaves: [DetailOctave]) {
        (self.width, self.height) = (width, height)
        (self.luma, self.chroma, self.octaves) = (luma, chroma, octaves)
    }
}

extension CopySignature {
    /// The mean absolute difference of the small versions, of luma or of chroma, whichever is larger: 0...255.
    package func colorDifference(from other: CopySignature) -> Double {
        func mean(_ a: [UInt8], _ b: [UInt8]) -> Double {
            Double(zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(a.count)
        }
        return max(mean(luma, other.luma), mean(chroma, other.chroma))
    }

    /// The number of bytes of a signature: 2312.
    package static let byteCount =
        8 + lumaSide * lumaSide + 2 * chromaSide * chromaSide
        + DetailOctave.all.reduce(0) { $0 + 2 * $1.cells * $1.cells }

    /// Width and height as 32 bits each, the least significant byte first; then luma, chroma, and for each octave its
    /// strengths and what is left of them.
    package var bytes: [UInt8] {
        let sizes = [width, height].flatMap { side in (0..<4).map { UInt8(truncatingIfNeeded: side >> (8 * $0)) } }
        return sizes + luma + chroma + octaves.flatMap { $0.strengths + $0.remains }
    }

    /// A signature from its bytes; nil for anything that `bytes` does not give.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var rest = bytes[...]
        func next(_ count: Int) -> [UInt8] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        func size() -> Int { next(4).reversed().reduce(0) { $0 << 8 | Int($1) } }
        (width, height) = (size(), size())
        luma = next(Self.lumaSide * Self.lumaSide)
        chroma = next(2 * Self.chromaSide * Self.chromaSide)
        octaves = DetailOctave.all.map { octave in
            let count = octave.cells * octave.cells
            return DetailOctave(strengths: next(count), remains: next(count))
        }
        guard width > 0, height > 0 else { return nil }
    }
}
