import CDreamSimVips
public import Foundation

extension Image {
    /// The image as a PNG, without metadata. Decoding it gives the same pixels.
    ///
    /// - Throws: ``DreamSimError`` when the encoder fails.
    public func pngData() throws(DreamSimError) -> [UInt8] {
        try encoded(as: "PNG") { image, memory, count in dreamsim_vips_png(image, &memory, &count) }
    }

    /// The image as a PNG with transparency, without metadata. Colors are kept where nothing is seen of them.
    ///
    /// - Parameter alpha: How much is seen of each pixel, 0...1, straight (not premultiplied); as large as the image.
    /// - Throws: ``DreamSimError`` when the encoder fails.
    public func pngData(alpha: ScalarField) throws(DreamSimError) -> [UInt8] {
        precondition(
            alpha.width == width && alpha.height == height,
            "alpha of \(alpha.width)x\(alpha.height) for \(width)x\(height) pixels")
        let count = width * height
        let samples = [UInt8](unsafeUninitializedCapacity: 4 * count) { target, initialized in
            for i in 0..<count {
                for channel in 0..<3 { target[4 * i + channel] = pixels[3 * i + channel] }
                target[4 * i + 3] = ScalarField.byte(alpha.values[i])
            }
            initialized = 4 * count
        }
        return try samples.withUnsafeBufferPointer { samples throws(DreamSimError) in
            try Vips.encoded(
                as: "PNG", "the image",
                dreamsim_vips_wrap(
                    samples.baseAddress, samples.count, Int32(width), Int32(height), 4, VIPS_FORMAT_UCHAR,
                    VIPS_INTERPRETATION_sRGB)
            ) { image, memory, count in dreamsim_vips_png(image, &memory, &count) }
        }
    }

    /// The image as a baseline JPEG, without metadata.
    ///
    /// - Parameter quality: 1...100; below 90 color is kept at half the resolution.
    /// - Throws: ``DreamSimError`` when the quality is out of range or a side passes JPEG's 65,535 pixels.
    public func jpegData(quality: Int = 90) throws(DreamSimError) -> [UInt8] {
        guard (1...100).contains(quality) else {
            throw DreamSimError(.unsupported, "JPEG", "a quality of \(quality) is not 1 to 100")
        }
        guard width <= 65535, height <= 65535 else {
            throw DreamSimError(
                .unsupported, "JPEG", "\(width)x\(height) pixels pass JPEG's 65,535 a side; write a PNG")
        }
        return try encoded(as: "JPEG") { image, memory, count in
            dreamsim_vips_jpeg(image, &memory, &count, Int32(quality))
        }
    }

    /// Writes the image to a file, as its extension says: `.png`, `.jpg` or `.jpeg`.
    ///
    /// The file appears whole or not at all: a temporary file in the same folder is written, flushed and renamed.
    ///
    /// - Parameters:
    ///   - url: The file; one that exists is replaced.
    ///   - quality: The quality of a JPEG, 1...100.
    /// - Throws: ``DreamSimError`` when the extension is another or the file cannot be written.
    public func write(to url: URL, quality: Int = 90) throws(DreamSimError) {
        guard url.isFileURL else {
            throw DreamSimError(.unwritable, url.absoluteString, "only files are written")
        }
        let rawPath = url.rawFilePath
        let bytes: [UInt8]
        switch url.pathExtension.lowercased() {
        case "png": bytes = try pngData()
        case "jpg", "jpeg": bytes = try jpegData(quality: quality)
        case let other:
            throw DreamSimError(
                .unsupported, String(decoding: rawPath, as: UTF8.self),
                other.isEmpty
                    ? "it has no extension; end its name in .png or .jpg"
                    : "images are not written as .\(other); end its name in .png or .jpg")
        }
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(bytes, to: rawPath)
        } catch {
            throw DreamSimError(.unwritable, error.path, error.reason + SystemFailure.advice(error.code))
        }
    }

    private func encoded(
        as format: String,
        _ encode: (UnsafeMutablePointer<VipsImage>, inout UnsafeMutableRawPointer?, inout Int) -> Int32
    ) throws(DreamSimError) -> [UInt8] {
        try pixels.withUnsafeBufferPointer { buffer throws(DreamSimError) in
            try Vips.encoded(
                as: format, "the image",
                dreamsim_vips_wrap_rgb(buffer.baseAddress, buffer.count, Int32(width), Int32(height)), encode)
        }
    }
}

extension Vips {
    /// Encodes an image that lies over borrowed memory, and lets it go.
    static func encoded(
        as format: String, _ subject: String, _ image: @autoclosure () -> UnsafeMutablePointer<VipsImage>?,
        _ encode: (UnsafeMutablePointer<VipsImage>, inout UnsafeMutableRawPointer?, inout Int) -> Int32
    ) throws(DreamSimError) -> [UInt8] {
        try call(
            path: format,
            failure: { DreamSimError(.unwritable, format, "\(subject) cannot be encoded\($0)") },
            {
                guard let image = image() else { return nil }
                defer { dreamsim_vips_release(image) }
                var memory: UnsafeMutableRawPointer?
                var count = 0
                guard encode(image, &memory, &count) == 0, let memory else { return nil }
                defer { dreamsim_vips_free(memory) }
                return [UInt8](UnsafeRawBufferPointer(start: memory, count: count))
            })
    }
}
