import CDreamSimVips
public import Foundation

extension Image {
    /// Reads an image from a file.
    ///
    /// - Parameters:
    ///   - url: A regular file; its format is told from its content, not from its name. Percent-encoded bytes that are
    ///     not UTF-8 are passed to the system as they are.
    ///   - options: How pixels are made; see ``DecodingOptions``.
    /// - Throws: ``DreamSimError`` when the file cannot be read, is no image, is damaged or cut short, or passes a limit.
    public init(contentsOf url: URL, options: DecodingOptions = .standard) throws(DreamSimError) {
        self = try Self.decode(contentsOf: url, options: options).image
    }

    /// Reads an image from a file that is named by a path.
    ///
    /// - Parameters:
    ///   - path: The path as text.
    ///   - options: How pixels are made; see ``DecodingOptions``.
    /// - Throws: ``DreamSimError``, as ``init(contentsOf:options:)`` does.
    public init(contentsOfFile path: String, options: DecodingOptions = .standard) throws(DreamSimError) {
        try self.init(contentsOfFile: Array(path.utf8), options: options)
    }

    /// Reads an image from a file whose name need not be UTF-8.
    ///
    /// - Parameters:
    ///   - rawPath: The bytes of the path, without a terminator.
    ///   - options: How pixels are made; see ``DecodingOptions``.
    /// - Throws: ``DreamSimError``, as ``init(contentsOf:options:)`` does.
    public init(contentsOfFile rawPath: [UInt8], options: DecodingOptions = .standard) throws(DreamSimError) {
        self = try Self.decode(contentsOfFile: rawPath, options: options).image
    }

    /// Reads an image from memory.
    ///
    /// - Parameters:
    ///   - data: A whole file: JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC or AVIF.
    ///   - name: What errors call it.
    ///   - options: How pixels are made; see ``DecodingOptions``.
    /// - Throws: ``DreamSimError`` when the bytes are no image, are damaged or cut short, or pass a limit.
    public init(data: Data, name: String = "image", options: DecodingOptions = .standard) throws(DreamSimError) {
        try self.init(decoding: Array(data), name: name, options: options)
    }

    /// Reads an image from memory.
    ///
    /// - Parameters:
    ///   - bytes: A whole file.
    ///   - name: What errors call it.
    ///   - options: How pixels are made; see ``DecodingOptions``.
    /// - Throws: ``DreamSimError`` when the bytes are no image, are damaged or cut short, or pass a limit.
    public init(decoding bytes: [UInt8], name: String, options: DecodingOptions = .standard) throws(DreamSimError) {
        self = try Self.decode(bytes, name: name, options: options).image
    }

    /// Reads an image from a file, with what the file says about it.
    ///
    /// - Throws: ``DreamSimError``, as ``init(contentsOf:options:)`` does.
    public static func decode(contentsOf url: URL, options: DecodingOptions = .standard) throws(DreamSimError)
        -> (image: Image, info: ImageInfo)
    {
        guard url.isFileURL else {
            throw DreamSimError(.unreadable, url.absoluteString, "only files are read; download it first")
        }
        return try decode(contentsOfFile: url.rawFilePath, options: options)
    }

    /// Reads an image from a file whose name need not be UTF-8, with what the file says about it.
    ///
    /// - Throws: ``DreamSimError``, as ``init(contentsOf:options:)`` does.
    public static func decode(contentsOfFile rawPath: [UInt8], options: DecodingOptions = .standard)
        throws(DreamSimError) -> (image: Image, info: ImageInfo)
    {
        let bytes = try RegularFile.read(rawPath: rawPath, byteLimit: options.byteLimit)
        return try decode(bytes, name: String(decoding: rawPath, as: UTF8.self), options: options)
    }

    /// Reads an image from memory, with what the file says about it.
    ///
    /// - Throws: ``DreamSimError``, as ``init(decoding:name:options:)`` does.
    public static func decode(_ bytes: [UInt8], name: String, options: DecodingOptions = .standard)
        throws(DreamSimError) -> (image: Image, info: ImageInfo)
    {
        guard bytes.count <= options.byteLimit else {
            throw DreamSimError(
                .limitExceeded, name,
                "\(bytes.count) bytes pass the limit of \(options.byteLimit); compress it, or make it smaller")
        }
        guard let format = ImageFormat(sniffing: bytes) else {
            throw DreamSimError(.unsupported, name, ImageFormat.advice(for: bytes))
        }
        var samples: Samples
        var container: Container
        do throws(DreamSimError) {
            (samples, container) = try Self.samples(of: bytes, format: format, name: name, limit: options.pixelLimit)
        } catch {
            throw error.withRemedy
        }
        let isTurnedAnyway = format == .tiff
        let applied = options.orientation == .applied || isTurnedAnyway ? container.orientation : 1
        let hasAlpha = samples.hasAlpha && !container.hasPaddingChannel
        if options.colorProfile == .applied, let profile = container.profile {
            let note: String?
            (samples, note) = samples.converted(by: profile, path: name)
            if let note { container.warnings.append(note) }
        }
        let info = ImageInfo(
            format: format, storedWidth: samples.width, storedHeight: samples.height, appliedOrientation: applied,
            statedOrientation: container.orientation, hasAlpha: hasAlpha,
            hasColorProfile: container.hasColorProfile, warnings: container.warnings)
        return (samples.image(alpha: hasAlpha ? options.alpha : .dropped).oriented(applied), info)
    }

    /// Decodes the samples of a file of a known format.
    private static func samples(of bytes: [UInt8], format: ImageFormat, name: String, limit: Int)
        throws(DreamSimError) -> (Samples, Container)
    {
        var container: Container
        let loader: DreamSimVipsLoader
        switch format {
        case .gif:
            return (try GIFDecoder.decode(bytes, path: name, pixelLimit: limit), Container(bytes: []))
        case .bmp:
            return (try BMPDecoder.decode(bytes, path: name, pixelLimit: limit), Container(bytes: []))
        case .jpeg: (container, loader) = (try Container(jpeg: bytes, path: name), DREAMSIM_VIPS_JPEG)
        case .png:
            let container = try Container(png: bytes, path: name)
            return (try PNGDecoder.decode(container.bytes, path: name, pixelLimit: limit), container)
        case .webp: (container, loader) = (try Container(webp: bytes, path: name), DREAMSIM_VIPS_WEBP)
        case .tiff: (container, loader) = (Container(tiff: bytes), DREAMSIM_VIPS_TIFF)
        case .heic, .avif: (container, loader) = (Container(bytes: bytes), DREAMSIM_VIPS_HEIF)
        }
        if let size = container.size {
            try Limits.check(width: size.width, height: size.height, limit: limit, path: name)
        }
        let decoded = try Vips.decode(
            container.bytes, loader: loader, format: format, scans: container.scans, path: name, pixelLimit: limit)
        if format == .tiff, (1...8).contains(decoded.orientation) { container.orientation = decoded.orientation }
        // The parts of other files that hold a profile never reach the library.
        if let profile = decoded.profile { container.take(profile: profile) }
        container.warnings += decoded.warnings
        return (decoded.samples, container)
    }
}

extension DreamSimError {
    /// With what can be done about a damaged file, where nothing better is advised.
    fileprivate var withRemedy: DreamSimError {
        guard remedy == nil, kind == .malformed || kind == .truncated else { return self }
        return DreamSimError(
            kind, subject: subject, problem: problem, remedy: "fetch or copy the file again, or save it anew")
    }
}

extension URL {
    /// The bytes of the path, with percent-encoding undone byte by byte so that names that are not UTF-8 survive.
    var rawFilePath: [UInt8] {
        let encoded = Array(absoluteURL.path(percentEncoded: true).utf8)
        var raw: [UInt8] = []
        raw.reserveCapacity(encoded.count)
        var i = 0
        while i < encoded.count {
            if encoded[i] == UInt8(ascii: "%"), i + 2 < encoded.count,
                let value = [UInt8](hexadecimal: String(decoding: encoded[(i + 1)...(i + 2)], as: UTF8.self))?.first
            {
                raw.append(value)
                i += 3
            } else {
                raw.append(encoded[i])
                i += 1
            }
        }
        return raw
    }
}
