/// A body in JSON, cut into the images that it holds or names, such as
/// `{"reference": {"name": "a.png", "data": "iVBORw0…"}, "image": [{"data": "…"}, "folder/b.png"]}`.
///
/// Images are decoded from base64 as they are read, and nothing else is built: a body takes no more memory than what its images
/// do, whatever it holds. Strict: what is no such body is refused, with the field that is wrong.
package struct JSONImages {
    /// Where an image is.
    package enum Source {
        case bytes([UInt8])
        case path(String)
    }

    /// An image of the body.
    package struct Part {
        /// The field's name.
        package let field: String
        /// The file's name, when the client gave one.
        package var name: String?
        /// Its bytes, or where they are.
        package let source: Source
    }

    /// The images, in their order.
    package private(set) var parts: [Part] = []
    private let most: Int

    /// Reads a body.
    /// - Parameters:
    ///   - body: the whole body.
    ///   - most: the most images that are accepted.
    /// - Throws: `Problem`, saying what is wrong.
    package init(_ body: [UInt8], most: Int) throws(Problem) {
        self.most = most
        var scanner = JSONBodyScanner(body)
        var fields: Set<String> = []
        try scanner.sequence("{", "}", in: "the body") { (scanner) throws(Problem) in
            let field = try scanner.key(in: "the body")
            guard fields.insert(field).inserted else {
                throw scanner.fault("the field '\(field.prefix(80))' is given twice")
            }
            guard scanner.next() == UInt8(ascii: "[") else { return try add(field, &scanner) }
            try scanner.sequence("[", "]", in: "'\(field.prefix(80))'") { (scanner) throws(Problem) in
                try add(field, &scanner)
            }
        }
        guard scanner.next() == nil else { throw scanner.fault("something follows the body's object") }
    }

    private mutating func add(_ field: String, _ scanner: inout JSONBodyScanner) throws(Problem) {
        guard parts.count < most else { throw Problem.tooMany(most) }
        let place = "'\(field.prefix(80))', image \(parts.count { $0.field == field } + 1)"
        switch scanner.next() {
        case UInt8(ascii: "\""): parts.append(Part(field: field, source: .path(try scanner.string(in: place))))
        case UInt8(ascii: "{"): parts.append(try Self.image(field, place, &scanner))
        default: throw scanner.fault("\(place): is neither an object with 'data' nor a path")
        }
    }

    private static func image(
        _ field: String, _ place: String, _ scanner: inout JSONBodyScanner
    ) throws(Problem) -> Part {
        var (name, data): (String?, [UInt8]?)
        try scanner.sequence("{", "}", in: place) { (scanner) throws(Problem) in
            let member = try scanner.key(in: place)
            switch member {
            case "name" where name == nil: name = try scanner.string(in: "\(place), name")
            case "data" where data == nil: data = try scanner.base64(in: "\(place), data")
            case "name", "data": throw scanner.fault("\(place): '\(member)' is given twice")
            default: throw scanner.fault("\(place): there is no member '\(member.prefix(80))'; there are name and data")
            }
        }
        guard let data else { throw scanner.fault("\(place): 'data' is missing") }
        return Part(field: field, name: name, source: .bytes(data))
    }
}
