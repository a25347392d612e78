import DreamSimTensors

/// Turns stored elements of any type, order and byte order into row-major float32.
package enum ElementDecoder {
    /// Fills `output` with the elements of `layout`.
    /// - Precondition: every element lies within `bytes`.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ layout: TensorLayout, into output: UnsafeMutableBufferPointer<Float>
    ) {
        guard layout.shape.count > 0, let base = bytes.baseAddress, let out = output.baseAddress else { return }
        let first = base + layout.byteOffset
        let swap = layout.isBigEndian
        switch layout.elementType {
        case .float32:
            if layout.strides == nil, !swap {
                UnsafeMutableRawPointer(out).copyMemory(
                    from: first, byteCount: layout.shape.count * MemoryLayout<Float>.size)
            } else {
                gather(first, layout, out, UInt32.self) { Float(bitPattern: swap ? $0.byteSwapped : $0) }
            }
        case .float64:
            gather(first, layout, out, UInt64.self) { Float(Double(bitPattern: swap ? $0.byteSwapped : $0)) }
        case .float16: gather(first, layout, out, UInt16.self) { float(half: swap ? $0.byteSwapped : $0) }
        case .bfloat16: gather(first, layout, out, UInt16.self) { float(brain: swap ? $0.byteSwapped : $0) }
        case .int64: gather(first, layout, out, Int64.self) { Float(swap ? $0.byteSwapped : $0) }
        case .int32: gather(first, layout, out, Int32.self) { Float(swap ? $0.byteSwapped : $0) }
        case .int16: gather(first, layout, out, Int16.self) { Float(swap ? $0.byteSwapped : $0) }
        case .int8: gather(first, layout, out, Int8.self) { Float($0) }
        case .uint64: gather(first, layout, out, UInt64.self) { Float(swap ? $0.byteSwapped : $0) }
        case .uint32: gather(first, layout, out, UInt32.self) { Float(swap ? $0.byteSwapped : $0) }
        case .uint16: gather(first, layout, out, UInt16.self) { Float(swap ? $0.byteSwapped : $0) }
        case .uint8: gather(first, layout, out, UInt8.self) { Float($0) }
        case .bool: gather(first, layout, out, UInt8.self) { $0 == 0 ? 0 : 1 }
        }
    }

    /// The value of an IEEE 754 binary16. Written out because `Float16` is missing on some platforms.
    package static func float(half bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits) & 0x3FF
        switch exponent {
        case 0:
            // Zero or subnormal: fraction x 2^-24, exact in float32.
            let magnitude = Float(fraction) * 0x1p-24
            return Float(bitPattern: magnitude.bitPattern | sign)
        case 31:
            return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default:
            return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The value of a bfloat16: the upper half of a binary32.
    package static func float(brain bits: UInt16) -> Float {
        Float(bitPattern: UInt32(bits) << 16)
    }

    /// Calls `body` for each innermost row: its index in the output, its start and its stride in elements of the source.
    static func forEachRow(
        of layout: TensorLayout, _ body: (_ row: Int, _ start: Int, _ length: Int, _ stride: Int) -> Void
    ) {
        let count = layout.shape.count
        guard count > 0 else { return }
        guard let strides = layout.strides, let length = layout.shape.dimensions.last, let stride = strides.last else {
            body(0, 0, count, 1)
            return
        }
        let sizes = layout.shape.dimensions
        var index = [Int](repeating: 0, count: sizes.count)
        var start = 0
        var row = 0
        while true {
            body(row, start, length, stride)
            row += length
            var d = sizes.count - 2
            while d >= 0 {
                index[d] += 1
                start += strides[d]
                if index[d] < sizes[d] { break }
                start -= strides[d] * sizes[d]
                index[d] = 0
                d -= 1
            }
            if d < 0 { return }
        }
    }

    @inline(__always)
    private static func gather<T: BitwiseCopyable>(
        _ first: UnsafeRawPointer, _ layout: TensorLayout, _ output: UnsafeMutablePointer<Float>, _ type: T.Type,
        _ value: (T) -> Float
    ) {
        let size = MemoryLayout<T>.size
        forEachRow(of: layout) { row, start, length, stride in
            let source = first + start * size
            let target = output + row
            for i in 0..<length {
                (target + i).initialize(to: value(source.loadUnaligned(fromByteOffset: i * stride * size, as: T.self)))
            }
        }
    }
}
