/// Makes samples of 8 bits of a PNG's rows, as they are stored.
struct PNGRowWriter {
    private let header: PNGHeader
    private let palette: [SIMD4<UInt8>]
    private let transparent: [Int]?
    /// The samples of a pixel that are written.
    let channels: Int

    init(_ header: PNGHeader, model: Samples.Model, palette: [SIMD4<UInt8>], transparent: [Int]?) {
        (self.header, self.palette, self.transparent) = (header, palette, transparent)
        channels =
            switch model {
            case .gray: 1
            case .grayAlpha: 2
            case .rgb: 3
            case .rgbAlpha, .cmyk: 4
            }
    }

    /// Writes the pixels of a row.
    /// - Parameter step: the pixels from one to the next where they are written.
    func write(_ row: UnsafePointer<UInt8>, _ count: Int, to target: UnsafeMutablePointer<UInt8>, step: Int) {
        if header.color == .palette {
            for i in 0..<count {
                let color = palette[sample(row, i)]
                let to = target + i * step * channels
                (to[0], to[1], to[2]) = (color.x, color.y, color.z)
                if channels == 4 { to[3] = color.w }
            }
        } else if let transparent {
            writeColorKeyed(row, count, to: target, step: step, transparent)
        } else if header.depth < 8 {
            let scale = 255 / (1 << header.depth - 1)
            for i in 0..<count { target[i * step] = UInt8(truncatingIfNeeded: sample(row, i) * scale) }
        } else if header.depth == 8, step == 1 {
            target.update(from: row, count: count * channels)
        } else if step == 1 {
            for i in 0..<(count &* channels) { target[i] = row[2 &* i] }
        } else {
            // Of 16 bits the upper 8.
            let bytes = header.depth / 8
            for i in 0..<count {
                for c in 0..<channels {
                    target[i * step * channels + c] = row[(i * channels + c) * bytes]
                }
            }
        }
    }

    /// Writes pixels of which one color is transparent, which is compared with all bits.
    private func writeColorKeyed(
        _ row: UnsafePointer<UInt8>, _ count: Int, to target: UnsafeMutablePointer<UInt8>, step: Int,
        _ transparent: [Int]
    ) {
        let colors = channels - 1
        for i in 0..<count {
            let to = target + i * step * channels
            var isTransparent = true
            for c in 0..<colors {
                let value = sample(row, i * colors + c)
                if value != transparent[c] { isTransparent = false }
                to[c] =
                    header.depth == 16
                    ? UInt8(truncatingIfNeeded: value >> 8)
                    : UInt8(truncatingIfNeeded: value * 255 / (1 << header.depth - 1))
            }
            to[colors] = isTransparent ? 0 : 255
        }
    }

    /// A stored sample.
    @inline(__always)
    private func sample(_ row: UnsafePointer<UInt8>, _ index: Int) -> Int {
        switch header.depth {
        case 8: return Int(row[index])
        case 16: return Int(row[2 * index]) << 8 | Int(row[2 * index + 1])
        default:
            let perByte = 8 / header.depth
            let shift = (perByte - 1 - index % perByte) * header.depth
            return Int(row[index / perByte]) >> shift & (1 << header.depth - 1)
        }
    }
}
