import Foundation
import HTTPTypes
import Hummingbird

/// Which other sites' pages may use the service, by the rules that browsers follow (CORS).
struct OriginRules: Sendable {
    private let origins: Set<String>
    private let takesAll: Bool

    /// - Throws: `DreamSimError` for what is no origin.
    init(_ texts: [String]) throws(DreamSimError) {
        for text in texts where text != "*" && !Self.isOne(text) {
            throw DreamSimError(
                .badSetting, "origin \(text)",
                "is no origin; write it as https://images.example.org, without a path or a '*', and each of several by itself"
            )
        }
        origins = Set(texts.compactMap(Self.normalized))
        takesAll = texts.contains("*")
    }

    /// Whether no other site's page may.
    var isEmpty: Bool { origins.isEmpty && !takesAll }

    func allows(_ origin: String) -> Bool {
        takesAll || Self.normalized(origin).map(origins.contains) ?? false
    }

    /// Whether a page could have the origin.
    private static func isOne(_ text: String) -> Bool {
        guard let text = normalized(text), let slashes = text.range(of: "://") else { return false }
        return HostRules.name(String(text[slashes.upperBound...])).map(HostRules.isName) == true
    }

    /// An origin in lower case and without its scheme's own port; nil when it is none.
    static func normalized(_ text: String) -> String? {
        let text = text.lowercased()
        guard let colon = text.range(of: "://"), ["http", "https"].contains(text[..<colon.lowerBound]),
            let name = HostRules.name(String(text[colon.upperBound...])), !name.isEmpty,
            text[colon.upperBound...].utf8.allSatisfy({ $0 > 32 && $0 < 127 && !"/?#@\\".utf8.contains($0) })
        else { return nil }
        let port = text.hasPrefix("https") ? ":443" : ":80"
        return text.hasSuffix(port) && !text.hasSuffix("]") ? String(text.dropLast(port.count)) : text
    }

    /// The answer to a browser that asks whether a page may ask; nil for other requests.
    func preflight(_ head: HTTPRequest, methods: [String]) -> Response? {
        guard !isEmpty, head.method == .options, head.headerFields[.accessControlRequestMethod] != nil,
            let origin = head.headerFields[.origin], allows(origin)
        else { return nil }
        var headers: HTTPFields = [
            .accessControlAllowMethods: methods.joined(separator: ", "),
            .accessControlAllowHeaders: "Accept, Authorization, Content-Type, If-None-Match, X-Request-ID",
            .accessControlMaxAge: "600",
        ]
        // Asked by pages of the internet for services of a network of its own.
        if head.headerFields[.requestPrivateNetwork] == "true" { headers[.allowPrivateNetwork] = "true" }
        return Response(status: .noContent, headers: headers)
    }

    /// Says in an answer whose pages may read it.
    func mark(_ response: inout Response, to head: HTTPRequest) {
        guard !isEmpty else { return }
        let vary = response.headers[.vary].map { $0 + ", Origin" } ?? "Origin"
        response.headers[.vary] = vary
        guard let origin = head.headerFields[.origin], allows(origin) else { return }
        response.headers[.accessControlAllowOrigin] = takesAll ? "*" : origin
        response.headers[.accessControlExposeHeaders] = "ETag, Retry-After, X-Request-ID"
    }
}

extension HTTPField.Name {
    static let requestPrivateNetwork = HTTPField.Name("Access-Control-Request-Private-Network")!
    static let allowPrivateNetwork = HTTPField.Name("Access-Control-Allow-Private-Network")!
}
