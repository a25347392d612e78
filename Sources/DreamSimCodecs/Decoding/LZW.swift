/// The dictionary compression of GIF.
enum LZW {
    /// Expands codes of 2 to 12 bits, least significant bit first.
    ///
    /// - Parameters:
    ///   - data: The codes.
    ///   - codeSize: The number of bits of a literal, 1...8.
    ///   - count: The number of values wanted; what follows them is not read.
    /// - Returns: The values, or nil when the data ends or breaks before there are enough.
    static func decode(_ data: [UInt8], codeSize: Int, count: Int) -> [UInt8]? {
        let clear = 1 << codeSize
        var prefixes = [UInt16](repeating: 0, count: 4096)
        var suffixes = [UInt8](repeating: 0, count: 4096)
        for i in 0..<clear { suffixes[i] = UInt8(i) }
        var stack = [UInt8](repeating: 0, count: 4097)
        var output: [UInt8] = []
        output.reserveCapacity(min(count, data.count * 64))

        var next = clear + 2
        var width = codeSize + 1
        var previous = -1
        var first: UInt8 = 0
        var bits: UInt32 = 0
        var available = 0
        var position = 0
        while output.count < count {
            while available < width {
                guard position < data.count else { return nil }
                bits |= UInt32(data[position]) << UInt32(available)
                available += 8
                position += 1
            }
            let code = Int(bits & (1 << UInt32(width) - 1))
            bits >>= UInt32(width)
            available -= width

            if code == clear {
                next = clear + 2
                width = codeSize + 1
                previous = -1
                continue
            }
            if code == clear + 1 { return nil }
            if previous < 0 {
                guard code < clear else { return nil }
                first = UInt8(code)
                output.append(first)
                previous = code
                continue
            }
            guard code <= next, code < next || next < 4096 else { return nil }
            var depth = 0
            var walk = code
            if code == next {
                // The one code that may be used before it is complete: the previous string and its own first value.
                stack[0] = first
                depth = 1
                walk = previous
            }
            while walk >= clear {
                stack[depth] = suffixes[walk]
                depth += 1
                walk = Int(prefixes[walk])
            }
            first = UInt8(walk)
            stack[depth] = first
            depth += 1
            while depth > 0, output.count < count {
                depth -= 1
                output.append(stack[depth])
            }
            if next < 4096 {
                prefixes[next] = UInt16(previous)
                suffixes[next] = first
                next += 1
                if next == 1 << width, width < 12 { width += 1 }
            }
            previous = code
        }
        return output
    }
}
