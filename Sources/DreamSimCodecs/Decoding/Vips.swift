import CDreamSimVips
import DreamSimSupport

/// The decoding library: started once, called from any thread.
package enum Vips {
    /// Whether the library started. Its settings hold for the whole process.
    static var isReady: Bool { guarded { hasStarted } }
    private static let hasStarted = dreamsim_vips_start() == 0

    /// Runs a call of the library, for whose end a fork waits.
    private static func guarded<R>(_ body: () -> R) -> R {
        dreamsim_vips_enter()
        defer { dreamsim_vips_leave() }
        return body()
    }

    /// Begins to load the library on a thread of its own, for who will decode an image but has other things to do first.
    package static func begin() {
        OwnThread.start("libvips") { _ = isReady }
    }

    /// How many calls are under way. The library keeps one error text for the whole process, so a message can be
    /// attributed to a file only when nothing else runs.
    private static let callsUnderWay = ForkSafe(0)

    /// Runs calls of the library. `body` returns nil on failure, whose message is then handed to `failure`.
    package static func call<R>(
        path: String, failure: (_ message: String) -> DreamSimError, _ body: () -> R?
    ) throws(DreamSimError) -> R {
        guard isReady else {
            throw DreamSimError(.unsupported, path, "libvips did not start; reinstall the package libvips42")
        }
        let isAlone = callsUnderWay.withLock { count in
            count += 1
            if count == 1 { dreamsim_vips_clear_error() }
            return count == 1
        }
        let result = guarded(body)
        let message = callsUnderWay.withLock { count in
            defer { count -= 1 }
            return isAlone && count == 1 && result == nil ? firstErrorLine() : ""
        }
        guard let result else { throw failure(message.isEmpty ? "" : " (\(message))") }
        return result
    }

    private static func firstErrorLine() -> String {
        let text = String(cString: dreamsim_vips_error())
        return String(text.split(separator: "\n").first ?? "")
    }

    /// The pixels of an image whose bytes are sound in structure.
    ///
    /// - Parameters:
    ///   - bytes: The file, or the part of it that carries the image.
    ///   - scans: How often the file goes over the pixels.
    ///   - pixelLimit: The most pixels, checked after the header is read and before any is decoded.
    /// - Returns: The samples, and what the loader found beside them.
    static func decode(
        _ bytes: [UInt8], loader: DreamSimVipsLoader, format: ImageFormat, scans: Int, path: String,
        pixelLimit: Int
    ) throws(DreamSimError) -> Decoded {
        func damaged(_ message: String) -> DreamSimError {
            let name = format.rawValue.uppercased()
            return DreamSimError(.malformed, path, "the \(name) data is damaged or cut short\(message)")
        }
        // The only loader that wants a thread of libvips, which a forked process does not have.
        if loader == DREAMSIM_VIPS_WEBP, isReady, dreamsim_vips_is_forked() {
            throw DreamSimError(
                .unsupported, path, isResumable: true,
                "libvips reads no WebP in a process that was forked after it had started; fork before files are read")
        }
        return try bytes.withUnsafeBufferPointer { buffer throws(DreamSimError) in
            let image = try call(path: path, failure: damaged) {
                dreamsim_vips_open(loader, buffer.baseAddress, buffer.count)
            }
            defer { dreamsim_vips_release(image) }
            let width = Int(dreamsim_vips_width(image))
            let height = Int(dreamsim_vips_height(image))
            try Limits.check(width: width, height: height, limit: pixelLimit, path: path)
            let orientation = Int(dreamsim_vips_orientation(image))
            let bands = Int(dreamsim_vips_bands(image))
            try DecodingMemory.take(
                for: width * height, bands: bands, loader: loader, scans: scans,
                isTurned: format == .tiff && orientation > 1, bytes: sampleBytes(dreamsim_vips_format(image)),
                path: path)
            let isFloat = [VIPS_FORMAT_FLOAT, VIPS_FORMAT_DOUBLE].contains(dreamsim_vips_format(image))
            let model = try model(of: image, isFloat: isFloat, path: path)
            let (values, warnings) =
                isFloat
                ? try floatSamples(of: image, SampleRange(tiff: bytes), path, damaged)
                : (try samples(of: image, width * height * bands, format, path, damaged), [])
            var count = 0
            let profile = dreamsim_vips_profile(image, &count).map {
                [UInt8](UnsafeRawBufferPointer(start: $0, count: count))
            }
            return Decoded(
                samples: Samples(width: width, height: height, model: model, values: values),
                orientation: orientation, profile: profile, warnings: warnings)
        }
    }

    /// The bytes of a sample while it is decoded; floating-point ones become single ones beside.
    private static func sampleBytes(_ format: VipsBandFormat) -> Int {
        switch format {
        case VIPS_FORMAT_UCHAR: 1
        case VIPS_FORMAT_USHORT: 2
        default: 8 + 4
        }
    }

    /// What the library made of a file.
    struct Decoded {
        let samples: Samples
        /// The EXIF orientation that the loader found.
        let orientation: Int
        /// The ICC profile that the loader found.
        let profile: [UInt8]?
        let warnings: [String]
    }

    /// Samples of 8 bits; of 16 the upper 8.
    private static func samples(
        of image: UnsafeMutablePointer<VipsImage>, _ count: Int, _ format: ImageFormat, _ path: String,
        _ damaged: (String) -> DreamSimError
    ) throws(DreamSimError) -> [UInt8] {
        var lacksDecoder = false
        func failure(_ message: String) -> DreamSimError {
            guard lacksDecoder else { return damaged(message) }
            return DreamSimError(
                .unsupported, path, "libvips has no decoder for HEVC here; save the image as JPEG, PNG or AVIF")
        }
        do throws(DreamSimError) {
            return try call(path: path, failure: failure) {
                let values = values(of: image, count)
                // The words may be of another HEIC file's failure under way, which has then the same reason.
                lacksDecoder =
                    values == nil && format == .heic
                    && String(cString: dreamsim_vips_error()).contains("has not been built in")
                return values
            }
        } catch {
            try checkInterruption(path)
            throw error
        }
    }

    /// The samples of an image of 8 or 16 bits; nil when it is damaged, or the decoding was stopped.
    static func values(of image: UnsafeMutablePointer<VipsImage>, _ count: Int) -> [UInt8]? {
        var isWhole = false
        let values = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            let failed = dreamsim_vips_fill(image, target.baseAddress, count, { _ in Vips.isStopped }, nil)
            isWhole = failed == 0
            initialized = isWhole ? count : 0
        }
        return isWhole ? values : nil
    }

    private static var isStopped: Bool {
        do { try Interruption.check() } catch { return true }
        return false
    }

    private static func checkInterruption(_ path: String) throws(DreamSimError) {
        if isStopped { throw DreamSimError(.cancelled, path, "the decoding was stopped") }
    }

    /// Samples of 8 bits of floating-point ones, and what is to be said of them.
    private static func floatSamples(
        of image: UnsafeMutablePointer<VipsImage>, _ range: SampleRange?, _ path: String,
        _ damaged: (String) -> DreamSimError
    ) throws(DreamSimError) -> ([UInt8], [String]) {
        let single = try call(path: path, failure: damaged) { dreamsim_vips_float(image) }
        defer { dreamsim_vips_release(single) }
        var size = 0
        let memory = try call(path: path, failure: damaged) { dreamsim_vips_samples(single, &size) }
        defer { dreamsim_vips_free(memory) }
        let source = UnsafeRawBufferPointer(start: memory, count: size).bindMemory(to: Float.self)
        let stated = range ?? SampleRange(least: 0, most: 1)
        var outside = 0
        let values = source.map { value -> UInt8 in
            let share = (Double(value) - stated.least) / (stated.most - stated.least)
            // Also false for what is no number.
            if !(0...1).contains(share) { outside += 1 }
            return share > 0 ? UInt8((min(share, 1) * 255).rounded()) : 0
        }
        if range == nil, outside > 0 {
            throw DreamSimError(
                .unsupported, path,
                "\(outside) of its \(source.count) floating-point samples are not from 0 to 1, and it states no other range; save "
                    + "it with 8 or 16 bits a sample, or with values from 0 to 1")
        }
        let from = range == nil ? "because the file states no range" : "as the file states"
        var note = "its floating-point samples are taken as \(stated.least) (black) to \(stated.most) (white), \(from)"
        if outside > 0 { note += "; \(outside) of \(source.count) lie outside and are cut off" }
        return (values, [note])
    }

    /// What the channels of an opened image mean.
    private static func model(
        of image: UnsafeMutablePointer<VipsImage>, isFloat: Bool, path: String
    ) throws(DreamSimError) -> Samples.Model {
        let bands = Int(dreamsim_vips_bands(image))
        if isFloat, (1...4).contains(bands) { return [.gray, .grayAlpha, .rgb, .rgbAlpha][bands - 1] }
        let format = dreamsim_vips_format(image)
        guard format == VIPS_FORMAT_UCHAR || format == VIPS_FORMAT_USHORT else {
            throw DreamSimError(
                .unsupported, path,
                "its samples are signed or wider than 16 bits; save it with 8 or 16 bits a sample, without sign")
        }
        switch (dreamsim_vips_interpretation(image), bands) {
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
