internal import CDreamSim
import DreamSim
import Foundation

/// Images of a caller's array, which stays as it is during the call.
///
/// `@unchecked Sendable`: only read.
struct Images: @unchecked Sendable {
    private let images: UnsafePointer<dreamsim1_image>
    let count: Int

    init(_ images: UnsafePointer<dreamsim1_image>?, _ count: Int, _ name: String) throws {
        self.images = try required(images, name)
        self.count = count
    }

    /// The paths, when all are files.
    var paths: [ImagePath]? {
        let paths = (0..<count).compactMap { images[$0].path }
        return paths.count == count ? paths : nil
    }

    /// Decodes an image.
    /// - Throws: `DreamSimError` when it cannot be decoded, or its description cannot be.
    func decoded(_ index: Int, _ options: DecodingOptions) throws -> Image {
        do {
            return try contents(index, options)
        } catch let error as DreamSimError where error.kind == .unsupported {
            // To the caller it is a file that cannot be read. Unsupported is what a metric cannot do.
            throw DreamSimError(.unreadable, subject: error.subject, problem: error.problem, remedy: error.remedy)
        }
    }

    /// What errors call an image.
    private func name(_ index: Int) -> String { count == 1 ? "image" : "image \(index)" }

    private func contents(_ index: Int, _ options: DecodingOptions) throws -> Image {
        let image = images[index]
        let name = name(index)
        switch dreamsim1_image_kind(UInt32(bitPattern: image.kind)) {
        case DREAMSIM1_PATH:
            guard let path = image.path else { throw badArgument(name, "has no path; name a file") }
            return try Image(contentsOfFile: path.bytes, options: options)
        case DREAMSIM1_FILE_BYTES:
            let bytes = UnsafeRawBufferPointer(start: image.data, count: image.data == nil ? 0 : image.size)
            return try Image(decoding: Array(bytes), name: name, options: options)
        case DREAMSIM1_PIXELS:
            return try image.pixels(name, options)
        default:
            throw badArgument(name, "is of kind \(image.kind); known are 0 (path), 1 (bytes of a file) and 2 (pixels)")
        }
    }

    /// Decodes an image and prepares it for a metric.
    func prepared(_ index: Int, for metric: any EmbeddingMetric) throws -> Image {
        let image = try Timings.measure(.decode) { try decoded(index, metric.preprocessing.decoding) }
        return try Timings.measure(.resize) { try metric.prepare(image, name: name(index)) }
    }
}

extension dreamsim1_image {
    /// The path, of a file.
    fileprivate var path: ImagePath? {
        guard kind == Int32(DREAMSIM1_PATH.rawValue), let data, size > 0 else { return nil }
        return ImagePath(bytes: Array(UnsafeRawBufferPointer(start: data, count: size)))
    }

    /// Pixels in rows of their own.
    fileprivate func pixels(_ name: String, _ options: DecodingOptions) throws -> Image {
        guard let data else { throw badArgument(name, "has no pixels; `data` is NULL") }
        guard width > 0, height > 0 else {
            throw badArgument(name, "has \(width)x\(height) pixels; it needs one at least")
        }
        let (count, isTooLarge) = Int(width).multipliedReportingOverflow(by: Int(height))
        guard !isTooLarge, count <= options.pixelLimit else {
            throw DreamSimError(
                .limitExceeded, subject: name,
                problem: "has \(width)x\(height) pixels, more than \(options.pixelLimit)",
                remedy: "make it smaller first")
        }
        let layout: Image.PixelLayout
        var background = RGB.white
        switch (channels, options.alpha) {
        case (1, _): layout = .gray
        case (3, _): layout = .rgb
        case (4, .dropped): layout = .rgba(.ignored)
        case (4, .composited(let color)): (layout, background) = (.rgba(.straight), color)
        default: throw badArgument(name, "has \(channels) channels; known are 1 (gray), 3 (RGB) and 4 (RGBA)")
        }
        let (columns, rows, channels) = (Int(width), Int(height), Int(channels))
        if column_stride == channels, channel_stride == 1 || channels == 1, row_stride >= columns * channels {
            let used = Int(row_stride) * (rows - 1) + columns * channels
            return Image(
                bytes: UnsafeRawBufferPointer(start: data, count: used), width: columns, height: rows,
                bytesPerRow: Int(row_stride), layout: layout, over: background)
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: count * channels) { bytes, initialized in
            var place = 0
            for row in 0..<rows {
                for column in 0..<columns {
                    let pixel = data + (row * Int(row_stride) + column * Int(column_stride))
                    for channel in 0..<channels {
                        bytes[place] = pixel.load(fromByteOffset: channel * Int(channel_stride), as: UInt8.self)
                        place += 1
                    }
                }
            }
            initialized = place
        }
        return Image(bytes: bytes, width: columns, height: rows, layout: layout, over: background)
    }
}
