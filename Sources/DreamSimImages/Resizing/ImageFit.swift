extension Image {
    /// How an image is brought to a size of another aspect ratio.
    public enum Fit: Sendable, Hashable, Codable {
        /// Both axes are scaled on their own. This is what the reference does.
        case stretch
        /// The whole image is kept in its aspect ratio, centered on a background (Pillow's `ImageOps.pad`).
        case pad(RGB)
        /// The center is kept in its aspect ratio and fills the size (Pillow's `ImageOps.fit`).
        case crop
    }

    /// Brings the image to a size.
    ///
    /// - Parameters:
    ///   - width: The new number of columns, at least 1.
    ///   - height: The new number of rows, at least 1.
    ///   - fit: What becomes of the aspect ratio.
    ///   - filter: The filter of the resampling.
    public func fitted(width: Int, height: Int, fit: Fit, filter: ResamplingFilter = .bicubic(a: -0.5)) -> Image {
        switch fit {
        case .stretch: return resized(width: width, height: height, filter: filter)
        case .pad(let background):
            let inner = containedSize(width: width, height: height)
            let image = resized(width: inner.width, height: inner.height, filter: filter)
            if inner == (width, height) { return image }
            var canvas = Canvas(width: width, height: height, background: background)
            canvas.draw(
                image, x: Int((Double(width - inner.width) * 0.5).rounded(.toNearestOrEven)),
                y: Int((Double(height - inner.height) * 0.5).rounded(.toNearestOrEven)))
            return canvas.image
        case .crop:
            let ratio = Double(width) / Double(height)
            var part = (width: Double(self.width), height: Double(self.height))
            if part.width / part.height > ratio {
                part.width = ratio * part.height
            } else if part.width / part.height < ratio {
                part.height = part.width / ratio
            }
            let left = (Double(self.width) - part.width) * 0.5
            let top = (Double(self.height) - part.height) * 0.5
            return resized(
                width: width, height: height, filter: filter, antialias: true,
                box: (Float(left), Float(top), Float(left + part.width), Float(top + part.height)))
        }
    }

    /// The largest size of the same aspect ratio inside another, at least one pixel on each side.
    private func containedSize(width: Int, height: Int) -> (width: Int, height: Int) {
        let own = Double(self.width) / Double(self.height)
        let other = Double(width) / Double(height)
        func rounded(_ value: Double) -> Int { max(1, Int(value.rounded(.toNearestOrEven))) }
        if own > other { return (width, rounded(Double(self.height) / Double(self.width) * Double(width))) }
        if own < other { return (rounded(Double(self.width) / Double(self.height) * Double(height)), height) }
        return (width, height)
    }
}
