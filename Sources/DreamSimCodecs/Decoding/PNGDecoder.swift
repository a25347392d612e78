import CDreamSimZlib

/// Makes the pixels of a PNG, row by row, and inflates no further than its header says that there are pixels.
///
/// Our own reader rather than the library's, which inflates whatever follows the last pixel: a file of 4 MB can keep it busy for
/// ten seconds. It also needs no memory for 16-bit samples, and can be stopped between rows.
struct PNGDecoder {
    private let bytes: [UInt8]
    private let path: String
    private let header: PNGHeader
    private var palette: [SIMD4<UInt8>] = []
    /// The samples of the color that is transparent; nil where none is.
    private var transparent: [Int]?
    private var pixels: [Range<Int>] = []

    /// More than so many bytes after the last pixel are no carelessness of a writer.
    private static let mostAfterPixels = 1 << 16

    /// Decodes a PNG whose structure is sound: chunks that are needed, see `Container.init(png:path:)`.
    /// - Throws: ``DreamSimError`` when the data is damaged, ends early, holds more than it announces or passes the limit.
    static func decode(_ bytes: [UInt8], path: String, pixelLimit: Int) throws(DreamSimError) -> Samples {
        try PNGDecoder(bytes, path: path, pixelLimit: pixelLimit).decode()
    }

    private init(_ bytes: [UInt8], path: String, pixelLimit: Int) throws(DreamSimError) {
        (self.bytes, self.path) = (bytes, path)
        header = try PNGHeader(bytes, path: path)
        try Limits.check(width: header.width, height: header.height, limit: pixelLimit, path: path)
        var position = 8
        while let length = bytes.integer(at: position, bytes: 4, .big), position + 12 + length <= bytes.count {
            let data = (position + 8)..<(position + 8 + length)
            switch String(decoding: bytes[(position + 4)..<(position + 8)], as: UTF8.self) {
            case "IHDR" where position == 8: break
            case "IDAT": pixels.append(data)
            case "PLTE" where pixels.isEmpty: try take(palette: data)
            case "tRNS" where pixels.isEmpty: take(transparency: data)
            case "PLTE", "tRNS", "IEND": break
            default: throw damaged
            }
            position = data.upperBound + 4
        }
        guard !pixels.isEmpty, header.color != .palette || !palette.isEmpty else { throw damaged }
    }

    private var damaged: DreamSimError {
        DreamSimError(.malformed, path, "the PNG data is damaged or cut short")
    }

    private mutating func take(palette data: Range<Int>) throws(DreamSimError) {
        guard header.color == .palette else { return }
        guard data.count % 3 == 0, (1...256).contains(data.count / 3), palette.isEmpty else { throw damaged }
        // Indices past the palette are black.
        palette = [SIMD4<UInt8>](repeating: SIMD4(0, 0, 0, 255), count: 256)
        for i in 0..<min(data.count / 3, 1 << header.depth) {
            let at = data.lowerBound + 3 * i
            palette[i] = SIMD4(bytes[at], bytes[at + 1], bytes[at + 2], 255)
        }
        paletteCount = data.count / 3
    }
    private var paletteCount = 0

    /// Takes what is transparent; what cannot be meant is passed over, as by others.
    private mutating func take(transparency data: Range<Int>) {
        switch header.color {
        case .palette:
            guard (1...max(1, paletteCount)).contains(data.count), !palette.isEmpty else { return }
            for (i, at) in data.enumerated() { palette[i].w = bytes[at] }
            transparent = []
        case .gray, .rgb:
            guard data.count == 2 * header.color.channels else { return }
            transparent = (0..<header.color.channels).map { channel in
                (bytes.integer(at: data.lowerBound + 2 * channel, bytes: 2, .big) ?? 0) & (1 << header.depth - 1)
            }
        case .grayAlpha, .rgbAlpha: return
        }
    }

    private var model: Samples.Model {
        switch header.color {
        case .gray: transparent == nil ? .gray : .grayAlpha
        case .grayAlpha: .grayAlpha
        case .rgb, .palette: transparent == nil ? .rgb : .rgbAlpha
        case .rgbAlpha: .rgbAlpha
        }
    }

    private func decode() throws(DreamSimError) -> Samples {
        try DecodingMemory.take(for: header.width * header.height, bands: model == .rgb ? 3 : 4, path: path)
        let writer = PNGRowWriter(header, model: model, palette: palette, transparent: transparent)
        var values = [UInt8](repeating: 0, count: header.width * header.height * writer.channels)
        let outcome = values.withUnsafeMutableBufferPointer { target in
            Result { () throws(DreamSimError) in try read(writer, into: target.baseAddress!) }
        }
        try outcome.get()
        return Samples(width: header.width, height: header.height, model: model, values: values)
    }

    private func read(_ writer: PNGRowWriter, into target: UnsafeMutablePointer<UInt8>) throws(DreamSimError) {
        let inflater = PNGInflater(bytes, pixels)
        var (row, last) = ([UInt8](), [UInt8]())
        for pass in header.passes {
            let count = header.rowBytes(pass.columns)
            last = [UInt8](repeating: 0, count: count)
            row = [UInt8](repeating: 0, count: count + 1)
            for index in 0..<pass.rows {
                if index % 64 == 0 { try checkInterruption() }
                guard inflater.fill(&row) else { throw damaged }
                let isKnown = row.withUnsafeMutableBufferPointer { row in
                    last.withUnsafeMutableBufferPointer { last in
                        let current = row.baseAddress! + 1
                        guard PNGFilter.undo(row[0], current, last.baseAddress!, count, header.pixelBytes) else {
                            return false
                        }
                        let y = pass.firstRow + index * pass.rowStep
                        writer.write(
                            current, pass.columns, to: target + (y * header.width + pass.firstColumn) * writer.channels,
                            step: pass.columnStep)
                        last.baseAddress!.update(from: current, count: count)
                        return true
                    }
                }
                guard isKnown else { throw damaged }
            }
        }
        switch inflater.end(within: Self.mostAfterPixels) {
        case .over: return
        case .damaged: throw damaged
        case .more:
            throw DreamSimError(
                .malformed, path,
                "holds more data than the \(header.width)x\(header.height) pixels that its header announces; save it anew"
            )
        }
    }

    private func checkInterruption() throws(DreamSimError) {
        do { try Interruption.check() } catch { throw DreamSimError(.cancelled, path, "the decoding was stopped") }
    }
}
