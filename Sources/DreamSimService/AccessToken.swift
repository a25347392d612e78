public import Foundation

/// A token that requests may bring, who has it, and how much they may ask for.
public struct AccessToken: Sendable, Hashable {
    /// Who has it, for logs and for sharing turns out; empty for nobody in particular.
    public var name: String
    /// What requests bring as `Authorization: Bearer TOKEN`: at least 16 visible ASCII characters.
    public var token: String
    /// How many requests may be answered at a time; nil for any number.
    public var requestsInFlight: Int?
    /// How many requests may begin in a minute; nil for any number.
    public var requestsPerMinute: Int?

    /// Describes a token.
    public init(_ token: String, name: String = "", requestsInFlight: Int? = nil, requestsPerMinute: Int? = nil) {
        (self.token, self.name) = (token, name)
        (self.requestsInFlight, self.requestsPerMinute) = (requestsInFlight, requestsPerMinute)
    }

    /// Reads the tokens of a file: one token alone, or lines of a name, a token and limits, such as
    /// `anna 0123456789abcdef in-flight=4 per-minute=600`. Lines that are empty or begin with `#` are passed over.
    /// - Throws: `DreamSimError` for a file that cannot be read, and a line that has no meaning. No error quotes a token.
    public static func read(from file: URL) throws(DreamSimError) -> [AccessToken] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw DreamSimError(.unreadable, file.path, "cannot be read as text")
        }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            .map { (number: $0 + 1, words: $1.split { $0 == " " || $0 == "\t" }) }
            .filter { !$0.words.isEmpty && !$0.words[0].hasPrefix("#") }
        guard !lines.isEmpty else { throw DreamSimError(.badSetting, file.path, "holds no token") }
        if lines.count == 1, lines[0].words.count == 1 { return [AccessToken(String(lines[0].words[0]))] }
        var tokens: [(token: AccessToken, line: Int)] = []
        for line in lines {
            do throws(DreamSimError) {
                let token = try AccessToken(line.words)
                for (other, number) in tokens where other.name == token.name || other.token == token.token {
                    throw DreamSimError(
                        .badSetting, "line",
                        "has the \(other.name == token.name ? "name" : "token") of line \(number) again; give each its own"
                    )
                }
                tokens.append((token, line.number))
            } catch {
                throw DreamSimError(error.kind, "\(file.path):\(line.number)", error.reason)
            }
        }
        return tokens.map(\.token)
    }

    private init(_ words: [Substring]) throws(DreamSimError) {
        guard words.count >= 2 else {
            throw DreamSimError(.badSetting, "line", "has one word; write NAME TOKEN, and limits if you want")
        }
        self.init(String(words[1]), name: String(words[0]))
        // The words may have changed places, so that neither is shown.
        guard isGuarded else {
            throw DreamSimError(
                .badSetting, "line",
                "needs a token of at least 16 visible ASCII characters as its second word; the name stands first")
        }
        var given: Set<Substring> = []
        for word in words.dropFirst(2) {
            let sides = word.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let count = Int(sides[1]), (1...1_000_000).contains(count) else {
                throw DreamSimError(
                    .badSetting, "line",
                    "has a word that is no limit; write in-flight=N or per-minute=N, of at least 1, and comments on lines of "
                        + "their own")
            }
            guard given.insert(sides[0]).inserted else {
                throw DreamSimError(.badSetting, "line", "gives '\(sides[0].prefix(40))' twice; leave one out")
            }
            switch sides[0] {
            case "in-flight": requestsInFlight = count
            case "per-minute": requestsPerMinute = count
            default:
                throw DreamSimError(
                    .badSetting, "line",
                    "has an unknown limit '\(sides[0].prefix(40))'; there are in-flight and per-minute")
            }
        }
    }

    /// Whether the token is not easily guessed, and can stand in a header.
    private var isGuarded: Bool {
        token.utf8.count >= 16 && !token.utf8.contains { $0 <= 32 || $0 >= 127 }
    }

    /// Sees to it that tokens can be told apart and are not easily guessed.
    /// - Throws: `DreamSimError`, which quotes no token.
    static func check(_ tokens: [AccessToken]) throws(DreamSimError) {
        for (place, token) in tokens.enumerated() {
            let subject = tokens.count == 1 ? "token" : "token \(place + 1)"
            guard token.isGuarded else {
                throw DreamSimError(
                    .badSetting, subject, "must be at least 16 visible ASCII characters, without spaces")
            }
            guard token.name.isEmpty || ServiceName.isGood(token.name) else {
                throw DreamSimError(.badSetting, subject, "needs a name of \(ServiceName.rule)")
            }
        }
        let names = tokens.map(\.name)
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw DreamSimError(
                .badSetting, "tokens", twice.isEmpty ? "need names where there are several" : "have '\(twice)' twice")
        }
        guard Set(tokens.map(\.token)).count == tokens.count else {
            throw DreamSimError(.badSetting, "tokens", "hold one twice; give everybody another")
        }
    }
}

/// Names that stand in URLs, logs and options.
package enum ServiceName {
    package static let rule = "1 to 64 letters, digits, '-', '_' and '.', not '.' first"

    package static func isGood(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy {
                97...122 ~= $0 | 32 || 48...57 ~= $0 || "-_.".utf8.contains($0)
            }
    }
}
