/// A strict reader of JSON (RFC 8259) that hands out one piece after another and builds nothing.
///
/// The bytes must be known to be UTF-8. Duplicate keys are for the caller to see: each key is handed out.
package struct JSONScanner {
    private(set) var cursor: ByteCursor
    private let depthLimit: Int
    private var depth = 0

    init(_ cursor: ByteCursor, depthLimit: Int) {
        self.cursor = cursor
        self.depthLimit = depthLimit
    }

    /// Calls `member` for each key of a text that is one object, with the scanner standing before the key's value.
    /// - Throws: `DreamSimError` with `.malformed` for what is no such text; what `member` throws.
    package static func members(
        of text: String, path: String,
        _ member: (inout JSONScanner, String, _ keyOffset: Int) throws(DreamSimError) -> Void
    ) throws(DreamSimError) {
        var text = text
        let result = text.withUTF8 { bytes in
            Result { () throws(DreamSimError) in
                var scanner = JSONScanner(ByteCursor(UnsafeRawBufferPointer(bytes), path: path), depthLimit: 16)
                try scanner.object("the file", member)
                guard scanner.peek() == nil else {
                    throw scanner.cursor.fault(.malformed, "something follows the object")
                }
            }
        }
        try result.get()
    }

    /// Steps over white space and returns the next byte.
    package mutating func peek() -> UInt8? {
        while let byte = cursor.peek {
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            advance()
        }
        return nil
    }

    /// Steps over one punctuation mark.
    mutating func expect(_ mark: Unicode.Scalar, _ place: @autoclosure () -> String) throws(DreamSimError) {
        guard let byte = peek() else {
            throw cursor.fault(.malformed, "the header ends where '\(mark)' \(place()) was expected")
        }
        guard byte == UInt8(ascii: mark) else {
            throw cursor.fault(.malformed, "'\(mark)' \(place()) was expected, not \(Self.name(of: byte))")
        }
        advance()
    }

    /// Reads an object, calling `member` for each key with the scanner standing before its value.
    package mutating func object(
        _ what: @autoclosure () -> String,
        _ member: (inout JSONScanner, String, _ keyOffset: Int) throws(DreamSimError) -> Void
    ) throws(DreamSimError) {
        try sequence("{", "}", what()) { scanner throws(DreamSimError) in
            _ = scanner.peek()
            let offset = scanner.cursor.position
            let key = try scanner.string("a key of \(what())")
            try scanner.expect(":", "after the key '\(key)'")
            try member(&scanner, key, offset)
        }
    }

    /// Reads an array, calling `element` with the scanner standing before each value.
    mutating func array(
        _ what: @autoclosure () -> String, _ element: (inout JSONScanner) throws(DreamSimError) -> Void
    ) throws(DreamSimError) {
        try sequence("[", "]", what(), element)
    }

    /// Reads what stands between two marks, with commas between its elements.
    private mutating func sequence(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ what: @autoclosure () -> String,
        _ element: (inout JSONScanner) throws(DreamSimError) -> Void
    ) throws(DreamSimError) {
        try expect(opening, "of \(what())")
        try enter()
        defer { depth -= 1 }
        if peek() == UInt8(ascii: closing) { return advance() }
        while true {
            try element(&self)
            guard peek() == UInt8(ascii: ",") else { break }
            advance()
        }
        try expect(closing, "or ',' in \(what())")
    }

    /// Reads a string.
    mutating func string(_ what: @autoclosure () -> String) throws(DreamSimError) -> String {
        guard peek() == UInt8(ascii: "\"") else {
            throw cursor.fault(.malformed, "\(what()) must be a string")
        }
        let start = cursor.position
        advance()
        var pieces = ""
        var run = cursor.position
        while let byte = cursor.peek {
            switch byte {
            case UInt8(ascii: "\""):
                let tail = String(decoding: cursor.bytes[run..<cursor.position], as: UTF8.self)
                advance()
                return pieces.isEmpty ? tail : pieces + tail
            case UInt8(ascii: "\\"):
                pieces += String(decoding: cursor.bytes[run..<cursor.position], as: UTF8.self)
                pieces.unicodeScalars.append(try escape())
                run = cursor.position
            case 0..<0x20:
                throw cursor.fault(.malformed, "a control character stands unescaped in a string")
            default:
                advance()
            }
        }
        throw cursor.fault(.malformed, at: start, "a string is not closed before the header ends")
    }

    /// Reads a whole number that is not negative, written without fraction or exponent.
    mutating func natural(_ what: @autoclosure () -> String) throws(DreamSimError) -> Int {
        guard let first = peek() else { throw cursor.fault(.malformed, "the header ends where \(what()) was expected") }
        let start = cursor.position
        if first == UInt8(ascii: "-") { throw cursor.fault(.malformed, "\(what()) must not be negative") }
        guard Self.isDigit(first) else {
            throw cursor.fault(.malformed, "\(what()) must be a whole number, not \(Self.name(of: first))")
        }
        var value = 0
        while let byte = cursor.peek, Self.isDigit(byte) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw cursor.fault(.malformed, at: start, "\(what()) is too large") }
            value = sum
            advance()
        }
        if first == UInt8(ascii: "0"), cursor.position > start + 1 {
            throw cursor.fault(.malformed, at: start, "\(what()) starts with a needless zero")
        }
        if let next = cursor.peek, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(next) {
            throw cursor.fault(.malformed, at: start, "\(what()) must be a whole number without fraction or exponent")
        }
        return value
    }

    private mutating func enter() throws(DreamSimError) {
        depth += 1
        guard depth <= depthLimit else {
            throw cursor.fault(.limitExceeded, "the header is nested deeper than \(depthLimit)")
        }
    }

    fileprivate mutating func advance() {
        cursor.skip()
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    static func name(of byte: UInt8) -> String {
        byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    }
}

extension JSONScanner {
    /// Steps over any value, checking it.
    package mutating func skipValue() throws(DreamSimError) {
        guard let byte = peek() else { throw cursor.fault(.malformed, "the header ends where a value was expected") }
        switch byte {
        case UInt8(ascii: "{"):
            try object("an object") { (scanner, _, _) throws(DreamSimError) in try scanner.skipValue() }
        case UInt8(ascii: "["):
            try array("an array") { (scanner) throws(DreamSimError) in try scanner.skipValue() }
        case UInt8(ascii: "\""): _ = try string("a value")
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try skipNumber()
        }
    }

    private mutating func word(_ word: String) throws(DreamSimError) {
        for expected in word.utf8 {
            guard cursor.peek == expected else { throw cursor.fault(.malformed, "'\(word)' was expected") }
            advance()
        }
    }

    private mutating func skipNumber() throws(DreamSimError) {
        let start = cursor.position
        if cursor.peek == UInt8(ascii: "-") { advance() }
        let leading = cursor.peek
        guard digits() > 0, leading != UInt8(ascii: "0") || cursor.peek.map(Self.isDigit) != true else {
            throw cursor.fault(.malformed, at: start, "this is not a JSON value")
        }
        if cursor.peek == UInt8(ascii: ".") {
            advance()
            guard digits() > 0 else { throw cursor.fault(.malformed, at: start, "a number without digits") }
        }
        if cursor.peek == UInt8(ascii: "e") || cursor.peek == UInt8(ascii: "E") {
            advance()
            if cursor.peek == UInt8(ascii: "+") || cursor.peek == UInt8(ascii: "-") { advance() }
            guard digits() > 0 else { throw cursor.fault(.malformed, at: start, "a number without digits") }
        }
    }

    private mutating func digits() -> Int {
        var count = 0
        while let byte = cursor.peek, Self.isDigit(byte) {
            advance()
            count += 1
        }
        return count
    }

    /// Reads an escape sequence; the scanner stands on its backslash.
    fileprivate mutating func escape() throws(DreamSimError) -> Unicode.Scalar {
        let start = cursor.position
        advance()
        do throws(JSONEscape.Fault) {
            return try JSONEscape.scalar {
                defer { advance() }
                return cursor.peek
            }
        } catch {
            let reason =
                switch error {
                case .unfinished: "an escape is cut off"
                case .unknown(let byte): "an unknown escape, \\ followed by \(Self.name(of: byte))"
                case .digits: "\\u needs four hexadecimal digits"
                case .surrogate: "half of a surrogate pair stands alone"
                }
            throw cursor.fault(.malformed, at: start, reason)
        }
    }
}
