import DreamSimCodecs
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// A PNG that a test writes sample by sample, with all five filters, as plainly as can be.
private struct PlainPNG {
    let width, height, color, depth: Int
    /// Stored samples of each pixel.
    let pixels: [[Int]]

    static func channels(_ color: Int) -> Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][color] ?? 0 }

    init(width: Int, height: Int, color: Int, depth: Int, seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        (self.width, self.height, self.color, self.depth) = (width, height, color, depth)
        pixels = (0..<(width * height)).map { _ in
            (0..<Self.channels(color)).map { _ in generator.index(below: 1 << depth) }
        }
    }

    func bytes(isInterlaced: Bool, extra: [UInt8] = []) -> [UInt8] {
        let header: [UInt8] =
            Builders.big(width) + Builders.big(height) + [UInt8(depth), UInt8(color), 0, 0, isInterlaced ? 1 : 0]
        let start: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        return start + Builders.chunk("IHDR", header) + extra
            + Builders.chunk("IDAT", Builders.zlibStored(rows(isInterlaced))) + Builders.chunk("IEND", [])
    }

    /// The filtered rows of all passes.
    private func rows(_ isInterlaced: Bool) -> [UInt8] {
        let passes: [(Int, Int, Int, Int)] =
            isInterlaced
            ? [
                (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
            ] : [(0, 0, 1, 1)]
        let step = max(1, Self.channels(color) * depth / 8)
        var result: [UInt8] = []
        for (x0, y0, dx, dy) in passes where x0 < width && y0 < height {
            var last: [UInt8] = []
            for (line, y) in stride(from: y0, to: height, by: dy).enumerated() {
                let row = packed(stride(from: x0, to: width, by: dx).flatMap { pixels[y * width + $0] })
                if last.isEmpty { last = [UInt8](repeating: 0, count: row.count) }
                let filter = (line + x0) % 5
                result.append(UInt8(filter))
                for i in row.indices {
                    let (a, b) = (i >= step ? Int(row[i - step]) : 0, Int(last[i]))
                    let c = i >= step ? Int(last[i - step]) : 0
                    let p = a + b - c
                    let (toA, toB, toC) = (abs(p - a), abs(p - b), abs(p - c))
                    let paeth = toA <= toB && toA <= toC ? a : toB <= toC ? b : c
                    let predictions: [Int] = [0, a, b, (a + b) / 2, paeth]
                    result.append(UInt8(truncatingIfNeeded: Int(row[i]) - predictions[filter]))
                }
                last = row
            }
        }
        return result
    }

    private func packed(_ samples: [Int]) -> [UInt8] {
        if depth == 16 { return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
        let perByte = 8 / depth
        return stride(from: 0, to: samples.count, by: perByte).map { first in
            (0..<perByte).reduce(0) { byte, i in
                let sample = first + i < samples.count ? samples[first + i] : 0
                return byte | UInt8(sample << ((perByte - 1 - i) * depth))
            }
        }
    }

    /// A stored sample as one of 8 bits.
    func narrow(_ sample: Int) -> UInt8 { UInt8(depth == 16 ? sample >> 8 : sample * 255 / (1 << depth - 1)) }
}

@Suite("PNG")
struct PNGTests {
    private static let kinds = [
        (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16),
    ]

    @Test(
        "Every kind of samples is read, with every filter, interlaced and not, also where passes are empty",
        arguments: kinds, [(23, 17), (1, 1), (3, 2), (5, 9)])
    func samples(kind: (Int, Int), size: (Int, Int)) throws {
        let png = PlainPNG(width: size.0, height: size.1, color: kind.0, depth: kind.1, seed: 3)
        let expected = png.pixels.flatMap { pixel -> [UInt8] in
            let colors = pixel.prefix(pixel.count >= 3 ? 3 : 1).map(png.narrow)
            return colors.count == 3 ? colors : [colors[0], colors[0], colors[0]]
        }
        for isInterlaced in [false, true] {
            let image = try Image(
                decoding: png.bytes(isInterlaced: isInterlaced), name: "plain",
                options: DecodingOptions(alpha: .dropped))
            #expect(image.pixels == expected, "interlaced: \(isInterlaced)")
        }
    }

    @Test("Indices are looked up in the palette, with its transparency", arguments: [1, 2, 4, 8])
    func palettes(depth: Int) throws {
        let png = PlainPNG(width: 23, height: 17, color: 3, depth: depth, seed: 5)
        let colors: [[UInt8]] = (0..<(1 << depth)).map { index in
            [7, 13, 255].map { UInt8(truncatingIfNeeded: index * $0) }
        }
        let extra: [UInt8] = Builders.chunk("PLTE", colors.flatMap { $0 }) + Builders.chunk("tRNS", [0])
        for isInterlaced in [false, true] {
            let image = try Image(decoding: png.bytes(isInterlaced: isInterlaced, extra: extra), name: "palette")
            // The first color is transparent, and what lies behind is white.
            let white: [UInt8] = [255, 255, 255]
            #expect(image.pixels == png.pixels.flatMap { $0[0] == 0 ? white : colors[$0[0]] })
        }
    }

    @Test(
        "The color that is said to be transparent is, by all of its bits",
        arguments: [(0, 2), (0, 8), (0, 16), (2, 8), (2, 16)])
    func colorKey(kind: (Int, Int)) throws {
        let png = PlainPNG(width: 23, height: 17, color: kind.0, depth: kind.1, seed: 7)
        let key = png.pixels[40]
        let extra = Builders.chunk("tRNS", key.flatMap { Builders.big($0, 2) })
        let image = try Image(decoding: png.bytes(isInterlaced: false, extra: extra), name: "key")
        for (i, pixel) in png.pixels.enumerated() {
            let colors = pixel.map(png.narrow)
            let opaque: [UInt8] = colors.count == 3 ? colors : [colors[0], colors[0], colors[0]]
            let expected: [UInt8] = pixel == key ? [255, 255, 255] : opaque
            #expect(Array(image.pixels[(3 * i)..<(3 * i + 3)]) == expected)
        }
    }

    @Test("Data beyond the pixels that the header announces is not inflated, and refused", arguments: [1, 300])
    func pixelBomb(side: Int) throws {
        let header: [UInt8] = Builders.big(side) + Builders.big(side) + [8, 2, 0, 0, 0]
        var bomb: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Builders.chunk("IHDR", header)
        bomb += Builders.chunk("IDAT", Builders.zlibBomb(megabytes: 1000)) + Builders.chunk("IEND", [])
        var start = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
        let error = #expect(throws: DreamSimError.self) { try Image(decoding: bomb, name: "bomb") }
        var end = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
        #expect(error?.kind == .malformed && error?.reason.contains("\(side)x\(side)") == true)
        // A gigabyte would take seconds.
        let seconds = Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) * 1e-9
        #expect(seconds < 0.5)
    }

    @Test("A changed pixel is noticed by the checksum of all pixels, whatever that of the chunk says")
    func changedPixel() throws {
        let png = PlainPNG(width: 23, height: 17, color: 2, depth: 8, seed: 9).bytes(isInterlaced: false)
        _ = try Image(decoding: png, name: "sound")
        // Bytes of pixels: stored ones, after the chunk's head and those of the stream and its only block.
        let first = 8 + 25 + 8 + 2 + 5
        for place in stride(from: first + 1, to: first + 17 * (1 + 3 * 23), by: 97) {
            var changed = png
            changed[place] ^= 4
            let error = #expect(throws: DreamSimError.self, "\(place)") {
                try Image(decoding: changed, name: "changed")
            }
            #expect(error?.kind == .malformed)
            Builders.reseal(&changed)
            #expect(throws: DreamSimError.self, "\(place)") { try Image(decoding: changed, name: "sealed") }
        }
    }

    @Test("Decoding stops between rows when it is told to")
    func interruption() throws {
        let png = PlainPNG(width: 100, height: 100, color: 2, depth: 8, seed: 1).bytes(isInterlaced: false)
        let error = #expect(throws: DreamSimError.self) {
            try Interruption.run({ throw CancellationError() }) { try Image(decoding: png, name: "stopped") }
        }
        #expect(error?.kind == .cancelled)
    }

    @Test(
        "Memory is asked for before it is taken",
        arguments: ["rgb.png", "progressive.jpg", "alpha.webp", "frame.gif", "rgb.bmp", "rgb.tif"])
    func memory(name: String) throws {
        let bytes = try Builders.bytes("formats/" + name)
        struct Full: Error {}
        let error = #expect(throws: DreamSimError.self) {
            try MemoryReservation.run({ _ in throw Full() }) { try Image(decoding: bytes, name: "large") }
        }
        #expect(error?.kind == .limitExceeded)
    }
}
