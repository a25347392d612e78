import Foundation

/// A body of `multipart/form-data` (RFC 7578), cut into its parts. Strict: what does not end as it should is refused.
package struct Multipart {
    /// A part of the body.
    package struct Part {
        /// The field's name.
        package let name: String
        /// The file's name, when the client gave one.
        package let fileName: String?
        /// Where its content lies in the body.
        package let content: Range<Int>
    }

    /// The parts, in their order.
    package let parts: [Part]

    private static let mostHeaderBytes = 8 << 10

    /// Cuts a body.
    /// - Parameters:
    ///   - body: the whole body.
    ///   - boundary: what stands between the parts.
    ///   - most: the most parts that are accepted, each an image.
    /// - Throws: `Problem`, saying what is wrong.
    package init(_ body: [UInt8], boundary: String, most: Int) throws(Problem) {
        let delimiter = Array("--\(boundary)".utf8)
        guard var position = Self.find(delimiter, in: body, from: 0),
            position == 0 || body[..<position].suffix(2).elementsEqual([13, 10])
        else { throw Problem(.badRequest, "the body holds no part; its boundary was to be '\(boundary)'") }
        let next = [13, 10] + delimiter
        var parts: [Part] = []
        position += delimiter.count
        while true {
            if body[position...].starts(with: [0x2D, 0x2D]) { break }
            // Spaces may follow a boundary.
            while position < body.count, body[position] == 32 || body[position] == 9 { position += 1 }
            guard body[position...].starts(with: [13, 10]) else { throw Self.unfinished }
            position += 2
            let (name, fileName, start) = try Self.head(body, from: position)
            // An empty part: the boundary's line break is the one that ends the head.
            guard let end = Self.find(next, in: body, from: start - 2) else { throw Self.unfinished }
            guard parts.count < most else { throw Problem.tooMany(most) }
            parts.append(Part(name: name, fileName: fileName, content: start..<max(start, end)))
            position = end + next.count
        }
        self.parts = parts
    }

    private static let unfinished = Problem(
        .unfinishedBody, "the multipart body ends without its closing boundary",
        advice: "send the whole body; --BOUNDARY-- ends it")

    /// Reads the head of a part.
    /// - Returns: the names, and where the content starts.
    private static func head(
        _ body: [UInt8], from start: Int
    ) throws(Problem) -> (name: String, fileName: String?, start: Int) {
        var position = start
        var disposition: [String: String]?
        while true {
            guard let end = find([13, 10], in: body, from: position) else { throw unfinished }
            guard end - start <= mostHeaderBytes else { throw Problem(.badRequest, "the head of a part is too large") }
            let line = String(decoding: body[position..<end], as: UTF8.self)
            position = end + 2
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":") else { throw Problem(.badRequest, "a part has a broken head") }
            switch line[..<colon].lowercased() {
            case "content-disposition":
                let value = HeaderValue(String(line[line.index(after: colon)...]))
                if value.value == "form-data" { disposition = value.parameters }
            case "content-transfer-encoding":
                let encoding = line[line.index(after: colon)...].trimming().lowercased()
                guard ["binary", "7bit", "8bit"].contains(encoding) else {
                    throw Problem(.unsupportedMedia, "a part is encoded as \(encoding); send bytes as they are")
                }
            default: break
            }
        }
        guard let name = disposition?["name"] else { throw Problem(.badRequest, "a part has no name") }
        return (name, disposition?["filename"], position)
    }

    /// Where bytes occur.
    static func find(_ needle: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first, start <= body.count else { return nil }
        return body.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var position = start
            while position + needle.count <= bytes.count {
                // The system looks for a single byte at the speed of memory.
                guard let found = memchr(base + position, Int32(first), bytes.count - needle.count + 1 - position)
                else { return nil }
                position = UnsafeRawPointer(found) - base
                if memcmp(base + position, needle, needle.count) == 0 { return position }
                position += 1
            }
            return nil
        }
    }
}

/// A header field's value with its parameters, such as `form-data; name="image"; filename="a.png"`.
struct HeaderValue {
    /// The value, in lower case.
    let value: String
    /// The parameters; their names are in lower case.
    let parameters: [String: String]

    /// Reads a value; what is broken is left out.
    init(_ text: String) {
        var parts: [String] = [""]
        var (isQuoted, isEscaped) = (false, false)
        for character in text {
            if isEscaped {
                parts[parts.count - 1].append(character)
                isEscaped = false
            } else if isQuoted && character == "\\" {
                // Browsers escape nothing but quotes, as %22; a backslash is one unless a quote follows.
                parts[parts.count - 1].append(character)
            } else if character == "\"" {
                isQuoted.toggle()
                parts[parts.count - 1].append(character)
            } else if character == ";" && !isQuoted {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        value = parts[0].trimming().lowercased()
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            var text = part[part.index(after: equals)...].trimming()
            if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
                text = String(text.dropFirst().dropLast())
            }
            parameters[part[..<equals].trimming().lowercased()] = text
        }
        self.parameters = parameters
    }
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    func trimming() -> String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
