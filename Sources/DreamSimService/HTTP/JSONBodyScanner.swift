/// Reads JSON (RFC 8259) piece by piece.
struct JSONBodyScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// A text that is no image is a name or a path, and no longer than this in bytes.
    private static let longestText = 4096

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// What is told of a broken body.
    func fault(_ problem: String) -> Problem {
        Problem(
            .badRequest, "the body is not as it should be, at byte \(position): \(problem)",
            advice:
                "send {\"FIELD\": {\"name\": NAME, \"data\": BASE64}}, with a list of such images where a field takes several"
        )
    }

    /// The next byte that is no white space; nil at the end.
    mutating func next() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return bytes[position]
            }
        }
        return nil
    }

    /// Reads what stands between two marks, with commas between its elements.
    mutating func sequence(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, in place: String,
        _ element: (inout JSONBodyScanner) throws(Problem) -> Void
    ) throws(Problem) {
        try expect(opening, place)
        if next() == UInt8(ascii: closing) { return position += 1 }
        while true {
            try element(&self)
            guard next() == UInt8(ascii: ",") else { return try expect(closing, place) }
            position += 1
        }
    }

    /// Reads a key with its colon.
    mutating func key(in place: String) throws(Problem) -> String {
        let key = try string(in: "a key of \(place)")
        try expect(":", place)
        return key
    }

    private mutating func expect(_ mark: Unicode.Scalar, _ place: String) throws(Problem) {
        guard next() == UInt8(ascii: mark) else { throw fault("\(place): '\(mark)' was expected") }
        position += 1
    }

    /// Reads a short text.
    mutating func string(in place: String) throws(Problem) -> String {
        try expect("\"", place)
        var text: [UInt8] = []
        while let byte = try character(place) {
            switch byte {
            case UInt8(ascii: "\\"): text += Array(String(try escape(place)).utf8)
            case 0..<0x20: throw fault("\(place): a control character stands in a text")
            default: text.append(byte)
            }
            guard text.count <= Self.longestText else {
                throw fault("\(place): is longer than \(Self.longestText) bytes")
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads a text that is base64 (RFC 4648, with padding), or a `data:` URL of it.
    mutating func base64(in place: String) throws(Problem) -> [UInt8] {
        try expect("\"", place)
        try skipScheme(place)
        var result: [UInt8] = []
        // Memory that is not written to costs nothing; growing would take twice as much.
        result.reserveCapacity((Multipart.find([UInt8(ascii: "\"")], in: bytes, from: position) ?? position) - position)
        var (bits, count, padding) = (UInt32(0), 0, 0)
        while var byte = try character(place) {
            if byte == UInt8(ascii: "\\") {
                // Some programs escape the slash, and some the plus.
                let scalar = try escape(place)
                byte = scalar.isASCII ? UInt8(scalar.value) : 0
            }
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let value = Self.values[Int(byte)]
            guard value < 64, padding == 0 else {
                position -= 1
                throw fault("\(place): is no base64 without line breaks and spaces")
            }
            bits = bits << 6 | UInt32(value)
            count += 1
            guard count % 4 == 0 else { continue }
            result.append(UInt8(truncatingIfNeeded: bits >> 16))
            result.append(UInt8(truncatingIfNeeded: bits >> 8))
            result.append(UInt8(truncatingIfNeeded: bits))
        }
        guard (count + padding) % 4 == 0, padding <= 2 else {
            throw fault("\(place): is no base64, whose length is a multiple of four")
        }
        if count % 4 > 1 { result.append(UInt8(truncatingIfNeeded: bits >> (count % 4 == 2 ? 4 : 10))) }
        if count % 4 > 2 { result.append(UInt8(truncatingIfNeeded: bits >> 2)) }
        return result
    }

    /// Steps over what stands before the base64 of a `data:` URL, such as `data:image/png;base64,`.
    private mutating func skipScheme(_ place: String) throws(Problem) {
        guard bytes[position...].starts(with: Array("data:".utf8)) else { return }
        let start = bytes[position...].prefix(200)
        guard let comma = start.firstIndex(of: UInt8(ascii: ",")) else {
            throw fault("\(place): has no ',' as data: URLs have")
        }
        guard String(decoding: bytes[position..<comma], as: UTF8.self).lowercased().hasSuffix(";base64") else {
            throw fault("\(place): is a data: URL that is no base64")
        }
        position = comma + 1
    }

    /// Reads the next byte of a text; nil at its end.
    private mutating func character(_ place: String) throws(Problem) -> UInt8? {
        guard position < bytes.count else { throw fault("\(place): the body ends in a text") }
        let byte = bytes[position]
        position += 1
        return byte == UInt8(ascii: "\"") ? nil : byte
    }

    /// Reads an escaped character, behind its backslash.
    private mutating func escape(_ place: String) throws(Problem) -> Unicode.Scalar {
        do throws(JSONEscape.Fault) {
            return try JSONEscape.scalar {
                guard position < bytes.count else { return nil }
                defer { position += 1 }
                return bytes[position]
            }
        } catch {
            switch error {
            case .unfinished: throw fault("\(place): the body ends in a text")
            case .unknown: throw fault("\(place): there is no such escape")
            case .digits: throw fault("\(place): \\u needs four hexadecimal digits")
            case .surrogate: throw fault("\(place): half of a surrogate pair stands alone")
            }
        }
    }

    /// What characters of base64 mean; 255 for others.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}
