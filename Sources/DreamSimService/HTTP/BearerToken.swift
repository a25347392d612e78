import HTTPTypes

/// A token that requests may bring.
struct BearerToken: Sendable {
    private let bytes: [UInt8]

    init(_ token: String) { bytes = Array(token.utf8) }

    /// Compares in a time that tells nothing of where the first difference is.
    func isEqual(_ other: [UInt8]) -> Bool {
        var difference = UInt8(other.count == bytes.count ? 0 : 1)
        for i in bytes.indices { difference |= bytes[i] ^ (i < other.count ? other[i] : 0) }
        return difference == 0
    }
}

/// The tokens of which requests must bring one.
struct TokenRules: Sendable {
    private let tokens: [(bearer: BearerToken, access: AccessToken)]

    init(_ tokens: [AccessToken]) { self.tokens = tokens.map { (BearerToken($0.token), $0) } }

    /// Whether requests must bring one.
    var isNeeded: Bool { !tokens.isEmpty }

    /// The token that a request brings, in a time that does not tell which one it is; nil when it brings none of them.
    func access(_ head: HTTPRequest) -> AccessToken? {
        guard let field = head.headerFields[.authorization] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let bytes = Array(parts[1].utf8)
        var found: AccessToken?
        for token in tokens where token.bearer.isEqual(bytes) { found = token.access }
        return found
    }

    /// What is said to a request without one.
    static var refusal: Problem {
        var problem = Problem(
            .unauthorized, "the request brings no token, or a wrong one", advice: "send 'Authorization: Bearer TOKEN'")
        problem.headers[.wwwAuthenticate] = "Bearer realm=\"dreamsim\""
        return problem
    }
}
