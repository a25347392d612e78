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
}
