/// Caps on what a file may ask for.
enum Limits {
    /// Refuses an image of too many pixels.
    static func check(width: Int, height: Int, limit: Int, path: String) throws(DreamSimError) {
        guard width > 0, height > 0 else {
            throw DreamSimError(.malformed, path, "the header states \(width)x\(height) pixels")
        }
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, count <= limit else {
            throw DreamSimError(
                .limitExceeded, path,
                "\(width)x\(height) pixels pass the limit of \(limit); make it smaller")
        }
    }
}
