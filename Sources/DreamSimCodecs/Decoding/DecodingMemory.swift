import CDreamSimVips

/// The memory that decoding takes at most, asked for before any of it is allocated.
enum DecodingMemory {
    /// What becomes of the samples: colors by a profile, alpha laid over a background, the image turned.
    private static let afterwards = 3 + 3

    /// Asks for what our own decoders need: the samples, and what becomes of them.
    /// - Parameter bands: the samples of a pixel, a byte each.
    static func take(for pixels: Int, bands: Int, path: String) throws(DreamSimError) {
        try take(pixels * (bands + afterwards), path)
    }

    /// Asks for what the library needs beside that: what it keeps of a whole image.
    /// - Parameters:
    ///   - isTurned: whether the library turns the image itself.
    ///   - scans: how often the file goes over the pixels.
    ///   - bytes: of a sample in the library.
    static func take(
        for pixels: Int, bands: Int, loader: DreamSimVipsLoader, scans: Int, isTurned: Bool, bytes: Int, path: String
    ) throws(DreamSimError) {
        let kept =
            switch loader {
            // Coefficients of all scans, 2 bytes each, where there is more than one.
            case DREAMSIM_VIPS_JPEG: scans > 1 ? 2 * bands : 0
            // Brightness and color, and the pixels.
            case DREAMSIM_VIPS_WEBP: 2 + 4
            case DREAMSIM_VIPS_HEIF: 3 + 2 * bands
            // A strip, which may be the image; and floating-point samples.
            default: bands * bytes
            }
        try take(pixels * (kept + bands + afterwards + (isTurned ? bands * bytes : 0)), path)
    }

    private static func take(_ bytes: Int, _ path: String) throws(DreamSimError) {
        do {
            try MemoryReservation.take(bytes)
        } catch let error as DreamSimError {
            throw error
        } catch {
            throw DreamSimError(.limitExceeded, path, "\(bytes) bytes are needed to decode it; \(error)")
        }
    }
}
