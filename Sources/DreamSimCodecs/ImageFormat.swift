/// A file format of images, told by content and never by name.
public enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// JPEG: baseline or progressive; gray, YCbCr, RGB, CMYK or YCCK.
    case jpeg
    /// PNG of every color type and bit depth, interlaced or not.
    case png
    /// WebP, lossy or lossless; of an animation the first frame.
    case webp
    /// GIF; of an animation the first frame.
    case gif
    /// TIFF with 8 or 16 bits a sample or fewer; the first page.
    case tiff
    /// Windows bitmap: 24 or 32 bits, or a palette of 1, 4 or 8 bits; uncompressed.
    case bmp
    /// HEIF with HEVC, as phones write it.
    case heic
    /// HEIF with AV1.
    case avif

    /// Tells the format from the first bytes of a file; nil when it is none of these.
    public init?(sniffing bytes: some Collection<UInt8>) {
        let head = Array(bytes.prefix(64))
        func starts(_ text: String, at offset: Int = 0) -> Bool {
            head.dropFirst(offset).starts(with: text.utf8)
        }
        if head.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if starts("RIFF"), starts("WEBP", at: 8) {
            self = .webp
        } else if starts("GIF87a") || starts("GIF89a") {
            self = .gif
        } else if [[0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43]].contains(
            where: { head.starts(with: $0) })
        {
            self = .tiff
        } else if starts("ftyp", at: 4) {
            // The brands that follow say which codec: the main one, a version, then the compatible ones.
            let size = head.integer(at: 0, bytes: 4, .big) ?? 0
            let brands = stride(from: 8, to: min(size, head.count), by: 4).filter { $0 != 12 }
            if brands.contains(where: { starts("avi", at: $0) }) {
                self = .avif
            } else if brands.contains(where: { at in ["hei", "hev", "mif1", "msf1"].contains { starts($0, at: at) } }) {
                self = .heic
            } else {
                return nil
            }
        } else if starts("BM") {
            self = .bmp
        } else {
            return nil
        }
    }

    /// Why bytes of no known format are refused, with advice where they look like something familiar.
    static func advice(for bytes: [UInt8]) -> String {
        let head = bytes.prefix(512)
        let text = String(decoding: head, as: UTF8.self).lowercased()
        let known = "supported are JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC and AVIF"
        if bytes.isEmpty { return "the file is empty; fetch or copy the file again, or save it anew" }
        if text.contains("<svg") { return "this is an SVG drawing; export it as PNG (\(known))" }
        if text.contains("<html") || text.contains("<!doctype html") {
            return "this is a web page, not an image; check where it was downloaded from"
        }
        if text.hasPrefix("%pdf") { return "this is a PDF; export its page as PNG (\(known))" }
        if text.hasPrefix("8bps") { return "this is a Photoshop document; export it as PNG (\(known))" }
        if head.starts(with: [0xFF, 0x0A]) || text.dropFirst(4).hasPrefix("jxl ") {
            return "JPEG XL is not supported; convert it to PNG (\(known))"
        }
        if text.dropFirst(4).hasPrefix("jp  ") { return "JPEG 2000 is not supported; convert it to PNG (\(known))" }
        return "this is not an image of a known format; \(known)"
    }
}
