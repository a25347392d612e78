/// What a file said about its image, beside the pixels.
public struct ImageInfo: Sendable, Hashable {
    /// The format, told from the content.
    public var format: ImageFormat
    /// The number of stored columns, before any turning.
    public var storedWidth: Int
    /// The number of stored rows, before any turning.
    public var storedHeight: Int
    /// The EXIF orientation that was applied, 1...8; 1 when there was none or it was ignored.
    public var appliedOrientation: Int
    /// The EXIF orientation that the file states, 1...8; 1 when there is none.
    public var statedOrientation: Int
    /// Whether the file holds transparency (a channel, or a transparent palette entry or color).
    public var hasAlpha: Bool
    /// Whether the file holds an ICC profile. Where it was applied, a warning says so.
    public var hasColorProfile: Bool
    /// What is to be known of the pixels, one sentence each: a color profile that was applied, or a fault that was passed over,
    /// such as a damaged EXIF block.
    public var warnings: [String]
}
