/// The first directory of a TIFF file, or of an EXIF block, which has the same structure.
struct TIFFDirectory {
    private let block: [UInt8]
    private let order: ByteOrder
    private let start: Int
    private let count: Int

    /// Reads the header; nil when it is damaged (or a BigTIFF, whose numbers are wider).
    init?(_ block: [UInt8]) {
        if block.starts(with: [0x49, 0x49]) {
            order = .little
        } else if block.starts(with: [0x4D, 0x4D]) {
            order = .big
        } else {
            return nil
        }
        guard block.integer(at: 2, bytes: 2, order) == 42, let start = block.integer(at: 4, bytes: 4, order),
            let count = block.integer(at: start, bytes: 2, order)
        else { return nil }
        self.block = block
        self.start = start
        self.count = count
    }

    /// The single 16-bit value of a tag.
    ///
    /// - Returns: `.some(nil)` when the directory ends early or the tag has another form, nil when it is absent.
    func shortValue(of tag: Int) -> Int?? {
        for index in 0..<count {
            let entry = start + 2 + index * 12
            guard let found = block.integer(at: entry, bytes: 2, order) else { return .some(nil) }
            guard found == tag else { continue }
            guard block.integer(at: entry + 2, bytes: 2, order) == 3,
                block.integer(at: entry + 4, bytes: 4, order) == 1
            else { return .some(nil) }
            return .some(block.integer(at: entry + 8, bytes: 2, order))
        }
        return nil
    }

    /// The first value of a tag of floating-point numbers, or of whole ones without a sign; nil when there is none.
    func number(of tag: Int) -> Double? {
        for index in 0..<count {
            let entry = start + 2 + index * 12
            guard block.integer(at: entry, bytes: 2, order) == tag,
                let type = block.integer(at: entry + 2, bytes: 2, order),
                let size = block.integer(at: entry + 4, bytes: 4, order),
                let offset = block.integer(at: entry + 8, bytes: 4, order)
            else { continue }
            // What does not fit into four bytes lies elsewhere.
            func place(_ bytes: Int) -> Int { bytes * size <= 4 ? entry + 8 : offset }
            switch type {
            case 3: return block.integer(at: place(2), bytes: 2, order).map(Double.init)
            case 4: return block.integer(at: place(4), bytes: 4, order).map(Double.init)
            case 11:
                return block.integer(at: place(4), bytes: 4, order)
                    .map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
            case 12:
                let halves = [0, 4].compactMap { block.integer(at: place(8) + $0, bytes: 4, order) }
                guard halves.count == 2 else { return nil }
                let (high, low) = order == .big ? (halves[0], halves[1]) : (halves[1], halves[0])
                return Double(bitPattern: UInt64(high) << 32 | UInt64(low))
            default: return nil
            }
        }
        return nil
    }
}

/// The numbers that a TIFF states for black and for white.
struct SampleRange {
    let least, most: Double

    init(least: Double, most: Double) { (self.least, self.most) = (least, most) }

    /// SMinSampleValue and SMaxSampleValue; nil where the file does not state them, or states no range.
    init?(tiff bytes: [UInt8]) {
        guard let directory = TIFFDirectory(bytes), let least = directory.number(of: 340),
            let most = directory.number(of: 341), least < most, (most - least).isFinite
        else { return nil }
        self.init(least: least, most: most)
    }
}
