/// How a file becomes RGB pixels.
///
/// These choices hold in every mode:
/// - Samples of 16 bits keep their upper 8. Pillow clips 16-bit gray instead.
/// - CMYK without a profile that is applied is converted by the plain inverse.
/// - Floating-point samples are taken as 0 (black) to 1 (white), or as the range that a TIFF states.
/// - HEIC and AVIF are turned as their containers say, and their color is rebuilt by libheif, which differs from
///   Pillow's AVIF reader at sharp edges of color.
///
/// Everything else equals Pillow 13 in ``reference`` mode, byte by byte.
public struct DecodingOptions: Sendable, Hashable, Codable {
    /// What happens to the orientation that a camera notes in EXIF.
    public enum Orientation: String, Sendable, Hashable, Codable {
        /// The image is turned upright.
        case applied
        /// The stored rows are used as they are. TIFF and HEIF files are turned nevertheless, as Pillow turns them.
        case ignored
    }

    /// What happens to transparency.
    public enum Alpha: Sendable, Hashable, Codable {
        /// The image is laid over an opaque background; the arithmetic is done on sRGB values, rounded to nearest.
        case composited(over: RGB)
        /// Alpha is dropped; the colors below it show.
        case dropped
    }

    /// What happens to color profiles: ICC profiles, and a PNG's chunks cICP, gAMA and cHRM. Profiles of sRGB change nothing.
    public enum ColorProfile: String, Sendable, Hashable, Codable {
        /// Colors are converted to sRGB by libvips, relatively colorimetric, 8 bits. HDR (PQ, HLG) is not converted.
        case applied
        /// Numbers are taken as sRGB, whatever the profile says, as Pillow takes them.
        case ignored
    }

    /// What happens to EXIF orientation. Default: applied.
    public var orientation: Orientation
    /// What happens to transparency. Default: composited over white.
    public var alpha: Alpha
    /// What happens to color profiles. Default: applied.
    public var colorProfile: ColorProfile
    /// The largest number of pixels that is decoded; it is checked before memory is allocated. Default: 100 million.
    public var pixelLimit: Int
    /// The largest file that is read, in bytes. Default: 512 MiB.
    public var byteLimit: Int

    /// Options; every parameter has the default of ``standard``.
    public init(
        orientation: Orientation = .applied, alpha: Alpha = .composited(over: .white),
        colorProfile: ColorProfile = .applied, pixelLimit: Int = 100_000_000, byteLimit: Int = 512 << 20
    ) {
        self.orientation = orientation
        self.alpha = alpha
        self.colorProfile = colorProfile
        self.pixelLimit = pixelLimit
        self.byteLimit = byteLimit
    }

    /// Images as people see them: upright, over white, in sRGB.
    public static let standard = DecodingOptions()

    /// Pixels as the Python reference sees them, `PIL.Image.open(path).convert("RGB")`: EXIF and profiles ignored, alpha dropped.
    public static let reference = DecodingOptions(orientation: .ignored, alpha: .dropped, colorProfile: .ignored)

    /// Reads options; those of before there were color profiles ignored them.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        orientation = try values.decode(Orientation.self, forKey: .orientation)
        alpha = try values.decode(Alpha.self, forKey: .alpha)
        colorProfile = try values.decodeIfPresent(ColorProfile.self, forKey: .colorProfile) ?? .ignored
        pixelLimit = try values.decode(Int.self, forKey: .pixelLimit)
        byteLimit = try values.decode(Int.self, forKey: .byteLimit)
    }
}
