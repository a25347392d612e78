import CDreamSimVips
import Synchronization

/// The decoding library: started once, called from any thread.
package enum Vips {
    /// Whether the library started. Its settings hold for the whole process.
    static let isReady: Bool = dreamsim_vips_start() == 0

    /// How many calls are under way. The library keeps one error text for the whole process, so a message can be
    /// attributed to a file only when nothing else runs.
    private static let callsUnderWay = Mutex(0)

    /// Runs calls of the library. `body` returns nil on failure, whose message is then handed to `failure`.
    package static func call<R>(
        path: String, failure: (_ message: String) -> DreamSimError, _ body: () -> R?
    ) throws(DreamSimError) -> R {
        guard isReady else {
            throw DreamSimError(.unsupported, path, "libvips did not start; reinstall the package libvips42")
        }
        let isAlone = callsUnderWay.withLock { count in
            count += 1
            if count == 1 { vips_error_clear() }
            return count == 1
        }
        let result = body()
        let message = callsUnderWay.withLock { count in
            defer { count -= 1 }
            return isAlone && count == 1 && result == nil ? firstErrorLine() : ""
        }
        guard let result else { throw failure(message.isEmpty ? "" : " (\(message))") }
        return result
    }

    private static func firstErrorLine() -> String {
        let text = String(cString: vips_error_buffer())
        return String(text.split(separator: "\n").first ?? "")
    }

    /// The pixels of an image whose bytes are sound in structure.
    ///
    /// - Parameters:
    ///   - bytes: The file, or the part of it that carries the image.
    ///   - pixelLimit: The most pixels, checked after the header is read and before any is decoded.
    /// - Returns: The samples, and the orientation that the loader found.
    static func decode(
        _ bytes: [UInt8], loader: DreamSimVipsLoader, format: ImageFormat, path: String, pixelLimit: Int
    ) throws(DreamSimError) -> (samples: Samples, orientation: Int) {
        func damaged(_ message: String) -> DreamSimError {
            let name = format.rawValue.uppercased()
            return DreamSimError(.malformed, path, "the \(name) data is damaged or cut short\(message)")
        }
        return try bytes.withUnsafeBufferPointer { buffer throws(DreamSimError) in
            let image = try call(path: path, failure: damaged) {
                dreamsim_vips_open(loader, buffer.baseAddress, buffer.count)
            }
            defer { g_object_unref(image) }
            let width = Int(vips_image_get_width(image))
            let height = Int(vips_image_get_height(image))
            try Limits.check(width: width, height: height, limit: pixelLimit, path: path)
            let model = try model(of: image, path: path)
            let is16Bit = vips_image_get_format(image) == VIPS_FORMAT_USHORT

            var size = 0
            let memory = try call(path: path, failure: damaged) { vips_image_write_to_memory(image, &size) }
            defer { g_free(memory) }
            let count = is16Bit ? size / 2 : size
            let values = [UInt8](unsafeUninitializedCapacity: count) { out, initialized in
                let source = UnsafeRawBufferPointer(start: memory, count: size)
                if is16Bit {
                    let wide = source.assumingMemoryBound(to: UInt16.self)
                    for i in 0..<count { out[i] = UInt8(truncatingIfNeeded: wide[i] >> 8) }
                } else {
                    _ = out.initialize(fromContentsOf: source)
                }
                initialized = count
            }
            let orientation = Int(dreamsim_vips_orientation(image))
            return (Samples(width: width, height: height, model: model, values: values), orientation)
        }
    }

    /// What the channels of an opened image mean.
    private static func model(of image: UnsafeMutablePointer<VipsImage>, path: String) throws(DreamSimError)
        -> Samples.Model
    {
        let bands = Int(vips_image_get_bands(image))
        let format = vips_image_get_format(image)
        guard format == VIPS_FORMAT_UCHAR || format == VIPS_FORMAT_USHORT else {
            throw DreamSimError(
                .unsupported, path,
                "its samples are signed, floating-point or wider than 16 bits; save it with 8")
        }
        switch (vips_image_get_interpretation(image), bands) {
        case (VIPS_INTERPRETATION_CMYK, 4): return .cmyk
        case (VIPS_INTERPRETATION_B_W, 1), (VIPS_INTERPRETATION_GREY16, 1): return .gray
        case (VIPS_INTERPRETATION_B_W, 2), (VIPS_INTERPRETATION_GREY16, 2): return .grayAlpha
        case (VIPS_INTERPRETATION_sRGB, 3), (VIPS_INTERPRETATION_RGB16, 3), (VIPS_INTERPRETATION_RGB, 3): return .rgb
        case (VIPS_INTERPRETATION_sRGB, 4), (VIPS_INTERPRETATION_RGB16, 4), (VIPS_INTERPRETATION_RGB, 4):
            return .rgbAlpha
        default:
            throw DreamSimError(
                .unsupported, path, "an image of \(bands) channels in a rare color space; save it as sRGB")
        }
    }
}
