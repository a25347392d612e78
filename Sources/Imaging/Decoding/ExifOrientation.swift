/// Reads the one EXIF field that changes pixels.
enum ExifOrientation: Equatable {
    case absent
    case value(Int)
    case damaged

    /// Reads tag 0x0112 of the first directory of a TIFF-structured block.
    static func read(_ block: [UInt8]) -> ExifOrientation {
        let order: ByteOrder
        if block.starts(with: [0x49, 0x49]) {
            order = .little
        } else if block.starts(with: [0x4D, 0x4D]) {
            order = .big
        } else {
            return .damaged
        }
        guard block.integer(at: 2, bytes: 2, order) == 42, let directory = block.integer(at: 4, bytes: 4, order),
            let entries = block.integer(at: directory, bytes: 2, order)
        else { return .damaged }
        for index in 0..<entries {
            let entry = directory + 2 + index * 12
            guard let tag = block.integer(at: entry, bytes: 2, order) else { return .damaged }
            guard tag == 0x0112 else { continue }
            guard block.integer(at: entry + 2, bytes: 2, order) == 3,
                block.integer(at: entry + 4, bytes: 4, order) == 1,
                let value = block.integer(at: entry + 8, bytes: 2, order), (1...8).contains(value)
            else { return .damaged }
            return .value(value)
        }
        return .absent
    }
}
