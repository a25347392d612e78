/// Caps on what a file may ask for.
enum Limits {
    /// Refuses a picture of too many pixels.
    static func check(width: Int, height: Int, limit: Int, path: String) throws(ImagingError) {
        guard width > 0, height > 0 else {
            throw ImagingError(.malformed, path: path, "the header states \(width)x\(height) pixels")
        }
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, count <= limit else {
            throw ImagingError(
                .limitExceeded, path: path,
                "\(width)x\(height) pixels pass the limit of \(limit); make it smaller, or raise pixelLimit")
        }
    }
}
