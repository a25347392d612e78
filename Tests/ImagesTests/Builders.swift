import DreamSimCodecs
import Foundation
import TestSupport

/// Tiny writers of files that are sound, odd or hostile on purpose.
enum Builders {
    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Fixtures.file(path)))
    }

    static func big(_ value: Int, _ count: Int = 4) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
    }

    static func little(_ value: Int, _ count: Int = 4) -> [UInt8] { big(value, count).reversed() }

    // MARK: PNG

    static func crc(_ bytes: [UInt8]) -> Int {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Int(crc ^ 0xFFFF_FFFF)
    }

    static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(kind.utf8) + data
        return big(data.count) + body + big(crc(body))
    }

    /// Makes the checksums of a changed PNG right again, so that the change reaches the decoder.
    static func reseal(_ file: inout [UInt8]) {
        var position = 8
        while position + 12 <= file.count {
            let length = file[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard position + 12 + length <= file.count else { return }
            let end = position + 8 + length
            file.replaceSubrange(end..<(end + 4), with: big(crc(Array(file[(position + 4)..<end]))))
            position = end + 4
        }
    }

    /// A PNG header that claims a size, followed by a little data.
    static func png(width: Int, height: Int) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", big(width) + big(height) + [8, 2, 0, 0, 0])
            + chunk("IDAT", [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1]) + chunk("IEND", [])
    }

    /// A sound PNG with one more chunk after its header.
    static func png(_ path: String, with extra: [UInt8]) throws -> [UInt8] {
        let file = try bytes(path)
        return Array(file[..<33]) + extra + file[33...]
    }

    /// A zlib stream that holds the bytes as they are, up to 65,535.
    static func zlibStored(_ bytes: [UInt8]) -> [UInt8] {
        var (a, b) = (1, 0)
        for byte in bytes {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        let lengths = little(bytes.count, 2) + little(0xFFFF - bytes.count, 2)
        return [0x78, 0x01, 0x01] + lengths + bytes + big(b << 16 | a)
    }

    /// A zlib stream of zeros: `megabytes` of them, about a thousandth as many bytes.
    static func zlibBomb(megabytes: Int) -> [UInt8] {
        // One fixed Huffman block: a literal 0, then matches of 258 at distance 1, then the end.
        var bits = BitWriter()
        bits.write(0b011, 3)
        bits.write(0b00001100, 8)  // literal 0, code 0x30, first bit first
        for _ in 0..<(megabytes * 1_048_576 / 258) {
            bits.write(0b10100011, 8)  // length 258, code 0xC5
            bits.write(0, 5)  // distance 1
        }
        bits.write(0, 7)
        return [0x78, 0x9C] + bits.bytes + [0, 0, 0, 0]
    }

    struct BitWriter {
        var bytes: [UInt8] = []
        private var used = 8

        /// Writes the low bits of a value, least significant first.
        mutating func write(_ value: Int, _ count: Int) {
            for i in 0..<count {
                if used == 8 {
                    bytes.append(0)
                    used = 0
                }
                bytes[bytes.count - 1] |= UInt8(value >> i & 1) << UInt8(used)
                used += 1
            }
        }
    }

    // MARK: JPEG

    /// Puts a segment after the start of a JPEG.
    static func jpeg(_ path: String, with segment: [UInt8], marker: UInt8) throws -> [UInt8] {
        let file = try bytes(path)
        return Array(file[..<2]) + [0xFF, marker] + big(segment.count + 2, 2) + segment + file[2...]
    }

    /// A progressive JPEG whose last scan is repeated.
    static func jpeg(repeatingLastScanOf path: String, times: Int) throws -> [UInt8] {
        let file = try bytes(path)
        var last = 0
        for i in 0..<(file.count - 1) where file[i] == 0xFF && file[i + 1] == 0xDA { last = i }
        let scan = file[last..<(file.count - 2)]
        return Array(file[..<last]) + (0..<times).flatMap { _ in scan } + [0xFF, 0xD9]
    }

    /// The EXIF block that states an orientation; `type` 3 is the sound one.
    static func exif(orientation: Int, type: Int = 3) -> [UInt8] {
        Array("Exif\0\0II*\0".utf8) + little(8) + little(1, 2) + little(0x0112, 2) + little(type, 2) + little(1)
            + little(orientation) + little(0)
    }

    // MARK: GIF

    /// A GIF of two colors whose frames are all 2x2 pixels.
    static func gif(canvas: (Int, Int), at place: (Int, Int), frames: Int = 1) -> [UInt8] {
        let frame =
            [0x2C] + little(place.0, 2) + little(place.1, 2) + little(2, 2) + little(2, 2) + [0]
            + [2, 3, 0x44, 0x02, 0x05, 0]
        return Array("GIF89a".utf8) + little(canvas.0, 2) + little(canvas.1, 2) + [0x80, 0, 0]
            + [10, 20, 30, 200, 210, 220] + (0..<frames).flatMap { _ in frame } + [0x3B]
    }

    // MARK: TIFF

    /// A little-endian gray TIFF of one strip.
    ///
    /// - Parameter next: The offset of the next directory; nil for none. 8 is the first itself.
    static func tiff(width: Int, height: Int, next: Int? = nil, extra: [(tag: Int, value: Int)] = []) -> [UInt8] {
        let entries =
            ([
                (256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 400), (277, 1), (278, height),
                (279, 16),
            ] + extra.map { ($0.tag, $0.value) }).sorted { $0.0 < $1.0 }
        var file = Array("II*\0".utf8) + little(8) + little(entries.count, 2)
        for (tag, value) in entries { file += little(tag, 2) + little(4, 2) + little(1) + little(value) }
        file += little(next ?? 0)
        file += [UInt8](repeating: 0, count: 400 - file.count)
        return file + (0..<16).map { UInt8($0 * 16) }
    }

    // MARK: BMP

    static func bmp(width: Int, height: Int) -> [UInt8] {
        Array("BM".utf8) + little(100) + little(0) + little(54) + little(40) + little(width) + little(height)
            + little(1, 2) + little(24, 2) + [UInt8](repeating: 0, count: 24) + [1, 2, 3, 0]
    }
}
