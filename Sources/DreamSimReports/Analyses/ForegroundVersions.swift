/// Two images, each whole, with its background painted over and with its foreground painted over.
package struct ForegroundVersions: Sendable {
    /// One image.
    package struct Version: Sendable {
        /// The file.
        package let path: ImagePath
        /// The share of the image that is foreground, 0...1.
        package let share: Double
        /// The image.
        package let whole: Image
        /// The image with its background painted over.
        package let foreground: Image
        /// The image with its foreground painted over.
        package let background: Image
    }

    /// The first image.
    package let a: Version
    /// The second image.
    package let b: Version
    /// How the foreground was told.
    package let source: String
    /// What is painted over.
    package let neutralColor: RGB

    /// Tells foreground from background in two images and paints over each.
    /// - Throws: `DreamSimError` with `.badSetting` when an image has no foreground or no background, with `.incomparable` when
    ///   a given mask has another size.
    package init(
        _ a: Heatmap.Source, _ b: Heatmap.Source, from source: ForegroundSource,
        neutralColor: RGB = ForegroundMetric.paint
    ) throws {
        func version(_ image: Heatmap.Source, _ index: Int) throws -> Version {
            let mask = try source.mask(of: image.image, index: index, name: "\(image.path)")
            guard !mask.isWhole else {
                throw DreamSimError(.badSetting, "\(image.path)", "is foreground everywhere; give another mask")
            }
            return Version(
                path: image.path, share: mask.share, whole: image.image,
                foreground: try mask.neutralized(image.image, color: neutralColor),
                background: try mask.inverted().neutralized(image.image, color: neutralColor))
        }
        self.a = try version(a, 0)
        self.b = try version(b, 1)
        self.source = source.summary
        self.neutralColor = neutralColor
    }
}
