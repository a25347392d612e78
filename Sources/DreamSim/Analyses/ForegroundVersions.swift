public import Imaging

/// Two pictures, each whole, with its background painted over and with its foreground painted over.
public struct ForegroundVersions: Sendable {
    /// One picture.
    public struct Version: Sendable {
        /// The file.
        public let path: ImagePath
        /// The share of the picture that is foreground, 0...1.
        public let share: Double
        /// The picture.
        public let whole: Image
        /// The picture with its background painted over.
        public let foreground: Image
        /// The picture with its foreground painted over.
        public let background: Image
    }

    /// The first picture.
    public let a: Version
    /// The second picture.
    public let b: Version
    /// How the foreground was told.
    public let source: String
    /// What is painted over.
    public let neutralColour: RGB

    /// Tells foreground from background in two pictures and paints over each.
    /// - Throws: `DreamSimError` with `.badSetting` when a picture has no foreground or no background, with `.incomparable` when
    ///   a given mask has another size.
    public init(
        _ a: Heatmap.Source, _ b: Heatmap.Source, from source: ForegroundSource,
        neutralColour: RGB = ForegroundReport.neutralColour
    ) throws {
        func version(_ picture: Heatmap.Source, _ index: Int) throws -> Version {
            let mask = try source.mask(of: picture.image, index: index, name: "\(picture.path)")
            guard !mask.isWhole else {
                throw DreamSimError(.badSetting, "\(picture.path)", "is foreground everywhere; give another mask")
            }
            return Version(
                path: picture.path, share: mask.share, whole: picture.image,
                foreground: try mask.neutralised(picture.image, colour: neutralColour),
                background: try mask.inverted().neutralised(picture.image, colour: neutralColour))
        }
        self.a = try version(a, 0)
        self.b = try version(b, 1)
        self.source = source.summary
        self.neutralColour = neutralColour
    }
}
