import ArgumentParser
import DreamSim
import DreamSimCheckpoints
import DreamSimService
import Foundation

/// The file of `serve --config`: an object of JSON whose members have the names of options.
enum ServiceConfigurationFile {
    /// What a member may be.
    private enum Value: Decodable {
        case one(String)
        case many([String])
        case named([String: String])

        init(from decoder: any Decoder) throws {
            if let list = try? decoder.singleValueContainer().decode([Scalar].self) {
                self = .many(list.map(\.text))
            } else if let named = try? decoder.singleValueContainer().decode([String: Scalar].self) {
                self = .named(named.mapValues(\.text))
            } else {
                self = .one(try Scalar(from: decoder).text)
            }
        }
    }

    private struct Scalar: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                text = "\(flag)"
            } else if let number = try? container.decode(Int.self) {
                text = "\(number)"
            } else if let number = try? container.decode(Double.self) {
                text = "\(number)"
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    /// The settings of a file.
    /// - Throws: `ValidationError` for a file that is no such object, and a setting that does not exist.
    static func read(_ path: String, _ options: [ServiceConfiguration.Option]) throws -> [ServiceConfiguration.Setting]
    {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("--config \(path): cannot be read")
        }
        let members: [String: Value]
        do {
            members = try JSONDecoder().decode([String: Value].self, from: data)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let name = context.codingPath.first?.stringValue
            throw ValidationError(
                "\(path): \(name.map { "'\($0)' is neither a text, a number, true or false, nor a list of these" } ?? "is no object of JSON")"
            )
        } catch {
            throw ValidationError("\(path): is no object of JSON; write it as {\"port\": 9000}")
        }
        return try order(String(decoding: data, as: UTF8.self), path).compactMap { name, inner in
            guard let option = options.first(where: { $0.name == name }) else { throw unknown(name, path, options) }
            return try members[name].map { value in
                ServiceConfiguration.Setting(
                    option: option, values: try values(value, inner, option, path), source: path)
            }
        }
    }

    /// The names of a file's members and of those within them, as written, which a decoder does not tell.
    /// - Throws: `ValidationError` for a name that is given twice: of two values one would be passed over.
    private static func order(_ text: String, _ path: String) throws -> [(name: String, inner: [String])] {
        var order: [(name: String, inner: [String])] = []
        var lines: [[String]: Int] = [:]
        var twice: ValidationError?
        func note(_ names: [String], _ offset: Int) {
            let line = 1 + text.utf8.prefix(offset).count { $0 == UInt8(ascii: "\n") }
            if let first = lines[names] {
                twice =
                    twice
                    ?? ValidationError(
                        "\(path): '\(names.joined(separator: "/"))' is given twice, in line \(first) and in line \(line); leave one out"
                    )
            }
            lines[names] = line
        }
        try JSONScanner.members(of: text, path: path) { (scanner, name, offset) throws(DreamSimError) in
            note([name], offset)
            var inner: [String] = []
            guard scanner.peek() == UInt8(ascii: "{") else {
                order.append((name, inner))
                return try scanner.skipValue()
            }
            try scanner.object(name) { (scanner, member, offset) throws(DreamSimError) in
                note([name, member], offset)
                inner.append(member)
                try scanner.skipValue()
            }
            order.append((name, inner))
        }
        if let twice { throw twice }
        return order
    }

    /// - Parameter inner: the names of the value's members, as written.
    private static func values(
        _ value: Value, _ inner: [String], _ option: ServiceConfiguration.Option, _ path: String
    ) throws -> [String] {
        switch value {
        case .one(let text): return [text]
        case .many(let texts) where option.isRepeating: return texts
        case .named(let named) where option.name == "index":
            return try inner.compactMap { name in
                guard ServiceName.isGood(name) else {
                    throw ValidationError("\(path): the index '\(name)' needs a name of \(ServiceName.rule)")
                }
                return named[name].map { "\(name)=\($0)" }
            }
        default:
            throw ValidationError("\(path): '\(option.name)' takes one value")
        }
    }

    private static func unknown(
        _ name: String, _ path: String, _ options: [ServiceConfiguration.Option]
    ) -> ValidationError {
        if name == "token" {
            return ValidationError("\(path): tokens stand in a file of their own; name it with 'token-file'")
        }
        let near = NearMatches.of(name, among: options.map(\.name), within: max(2, name.count / 3)).first
        return ValidationError(
            "\(path): unknown setting '\(name)'"
                + (near.map { "; did you mean '\($0)'?" } ?? "; the settings are the options of 'dreamsim serve'"))
    }
}
