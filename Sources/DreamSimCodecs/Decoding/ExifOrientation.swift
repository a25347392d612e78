/// Reads the one EXIF field that changes pixels.
enum ExifOrientation: Equatable {
    case absent
    case value(Int)
    case damaged

    /// Reads the tag Orientation of the first directory.
    static func read(_ block: [UInt8]) -> ExifOrientation {
        guard let directory = TIFFDirectory(block) else { return .damaged }
        guard let found = directory.shortValue(of: 0x0112) else { return .absent }
        guard let value = found, (1...8).contains(value) else { return .damaged }
        return .value(value)
    }
}
