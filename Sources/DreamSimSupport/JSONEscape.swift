/// What a backslash begins in a text of JSON (RFC 8259).
package enum JSONEscape {
    /// Why an escape means nothing.
    package enum Fault: Error, Equatable {
        /// The text ends within it.
        case unfinished
        /// There is no escape of this byte.
        case unknown(UInt8)
        /// `\u` is followed by something else than four hexadecimal digits.
        case digits
        /// Half of a character stands alone; only a leading half with a trailing one behind it means something.
        case surrogate
    }

    /// Reads an escape, behind its backslash.
    /// - Parameter next: steps over the next byte; nil where there is none.
    /// - Throws: `Fault`.
    package static func scalar(_ next: () -> UInt8?) throws(Fault) -> Unicode.Scalar {
        guard let kind = next() else { throw .unfinished }
        switch kind {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try character(next)
        default: throw .unknown(kind)
        }
    }

    private static func character(_ next: () -> UInt8?) throws(Fault) -> Unicode.Scalar {
        let high = try unit(next)
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u"), case let low = try unit(next),
            (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw .surrogate }
        return scalar
    }

    private static func unit(_ next: () -> UInt8?) throws(Fault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw .digits }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
