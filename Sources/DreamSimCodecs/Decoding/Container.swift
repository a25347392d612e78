/// What the structure of a file says before any pixel is decoded, and the bytes that the decoder needs to see.
///
/// Only the parts that carry pixels are handed to the decoding library: metadata, the classic place for decompression
/// bombs and damaged blocks, never reaches it.
package struct Container {
    /// The part of the file that carries the image.
    package var bytes: [UInt8]
    /// The size that the header states, when it was read.
    var size: (width: Int, height: Int)?
    /// How often the file goes over its pixels.
    var scans = 1
    /// The EXIF orientation, 1...8.
    var orientation = 1
    /// Whether there is an ICC profile.
    var hasColorProfile = false
    /// What the numbers mean as colors; nil when they mean sRGB, or when it is not known.
    var profile: ColorProfile?
    /// Whether the fourth channel is padding and not transparency.
    var hasPaddingChannel = false
    /// Faults that were passed over.
    var warnings: [String] = []

    /// A file that is handed over as it is.
    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads from a TIFF what the decoder does not tell.
    init(tiff bytes: [UInt8]) {
        self.bytes = bytes
        // ExtraSamples: 0 is unspecified, 1 and 2 are alpha.
        if let directory = TIFFDirectory(bytes) { hasPaddingChannel = directory.shortValue(of: 338) == .some(0) }
    }

    /// Takes the orientation from an EXIF block, or warns.
    mutating func readExif(_ block: [UInt8]) {
        switch ExifOrientation.read(block) {
        case .absent: break
        case .value(let value): orientation = value
        case .damaged: warnings.append("the EXIF block is damaged; its orientation is ignored")
        }
    }

    /// Takes an ICC profile, or warns.
    mutating func take(profile bytes: [UInt8]) {
        hasColorProfile = true
        profile = ColorProfile(bytes)
        if profile == nil { warnings.append("the ICC profile is damaged, or of a rare color space; it is ignored") }
    }
}
