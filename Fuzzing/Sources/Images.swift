import DreamSimImages
import DreamSimSupport

@testable import DreamSimCodecs

/// Files of images: our own readers, what we read of others' structure, and all of it with libvips behind.
extension Target {
    static let gif = Target("gif") { bytes in
        _ = try GIFDecoder.decode(Array(bytes), path: "fuzz", pixelLimit: pixelLimit).image(alpha: .dropped)
    }

    static let bmp = Target("bmp") { bytes in
        _ = try BMPDecoder.decode(Array(bytes), path: "fuzz", pixelLimit: pixelLimit).image(alpha: .dropped)
    }

    static let exif = Target("exif") { bytes in
        if case .value(let value) = ExifOrientation.read(Array(bytes)) { precondition((1...8).contains(value)) }
    }

    static let container = Target("container") { bytes in
        let bytes = Array(bytes)
        switch ImageFormat(sniffing: bytes) {
        case .jpeg: _ = try Container(jpeg: bytes, path: "fuzz")
        case .png: _ = try Container(png: bytes, path: "fuzz")
        case .webp: _ = try Container(webp: bytes, path: "fuzz")
        case .tiff: _ = Container(tiff: bytes)
        case .gif, .bmp, .heic, .avif: break
        case nil: _ = ImageFormat.advice(for: bytes)
        }
    }

    static let image = Target("image") { bytes in
        let (image, info) = try Image.decode(
            Array(bytes), name: "fuzz", options: DecodingOptions(orientation: .applied, pixelLimit: pixelLimit))
        precondition(image.width * image.height == info.storedWidth * info.storedHeight)
    }

    /// Smaller than what users get, so that an execution is short.
    private static let pixelLimit = 1 << 13
}
