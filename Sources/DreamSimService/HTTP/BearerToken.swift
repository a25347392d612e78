import HTTPTypes

/// The token that requests must bring.
struct BearerToken: Sendable {
    private let bytes: [UInt8]

    init(_ token: String) { bytes = Array(token.utf8) }

    /// Checks a request's head.
    /// - Throws: `Problem` when the token is missing or another.
    func check(_ head: HTTPRequest) throws(Problem) {
        var problem = Problem(
            .unauthorized, "the request brings no token, or a wrong one", advice: "send 'Authorization: Bearer TOKEN'")
        problem.headers[.wwwAuthenticate] = "Bearer realm=\"dreamsim\""
        guard let field = head.headerFields[.authorization] else { throw problem }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", isEqual(Array(parts[1].utf8)) else { throw problem }
    }

    /// Compares in a time that tells nothing of where the first difference is.
    func isEqual(_ other: [UInt8]) -> Bool {
        var difference = UInt8(other.count == bytes.count ? 0 : 1)
        for i in bytes.indices { difference |= bytes[i] ^ (i < other.count ? other[i] : 0) }
        return difference == 0
    }
}
