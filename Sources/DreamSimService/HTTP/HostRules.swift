import HTTPTypes

/// Under which names the service may be asked for, and by whose pages. A page of another site may lead a browser here, by
/// its own name for this address or by a request of its own; neither is answered.
struct HostRules: Sendable {
    /// The names, in lower case; beside them any address that is written in digits, where `takesAddresses` says so.
    private let names: Set<String>
    private let takesAddresses: Bool
    private let origins: OriginRules

    /// - Throws: `DreamSimError` for a name that no request could have.
    init(_ settings: ServiceSettings) throws(DreamSimError) {
        var names: Set<String> = []
        for text in settings.hostNames {
            guard let name = IPAddress(text) == nil ? Self.name(text) : text.lowercased(), Self.isName(name) else {
                throw DreamSimError(
                    .badSetting, "host name '\(text)'",
                    "no request could have it; write one whole name, such as images.example.org, without '*', and each of "
                        + "several by itself")
            }
            names.insert(name)
        }
        let isEverywhere = ["0.0.0.0", "::"].contains(settings.host)
        if isEverywhere || settings.isLocal { names.formUnion(["localhost", "127.0.0.1", "::1"]) }
        if !isEverywhere { names.insert(settings.host.lowercased()) }
        self.names = names
        // No site can have an address in place of a name, so that it cannot lead here by one.
        takesAddresses = isEverywhere
        origins = try OriginRules(settings.allowedOrigins)
    }

    /// Checks a request's head.
    /// - Throws: `Problem` for a foreign host or origin.
    func check(_ head: HTTPRequest, from sender: Sender) throws(Problem) {
        if let fault = sender.fault { throw fault }
        guard let authority = sender.authority, !authority.isEmpty else {
            throw Problem(.badRequest, "the request names no host")
        }
        guard let name = Self.name(authority), names.contains(name) || takesAddresses && Self.isAddress(name) else {
            throw Problem(
                .foreignHost, "this service is not '\(authority.prefix(100))'",
                // The names may be those of a network that is nobody's business.
                advice: "ask for it by a name of its own, or allow this one in the service's settings (allow-host)"
            )
        }
        if let origin = head.headerFields[.origin] {
            if origins.allows(origin) { return }
            guard isOwn(origin, authority, sender) else { throw foreign(origin, sender) }
        }
        // Browsers tell this also where they tell no origin, as for images in pages of others.
        if let site = head.headerFields[.secFetchSite], site == "cross-site" || site == "same-site" {
            // Following a link from elsewhere to the page itself is welcome.
            guard head.headerFields[.secFetchMode] == "navigate", head.method == .get else {
                throw Problem(.foreignOrigin, "the request comes from a page of another site")
            }
        }
    }

    /// Whether a page is the service's own. Where nobody says how it was asked for, either way will do.
    private func isOwn(_ origin: String, _ authority: String, _ sender: Sender) -> Bool {
        guard let origin = OriginRules.normalized(origin) else { return false }
        return (sender.scheme.map { [$0] } ?? ["http", "https"]).contains {
            OriginRules.normalized("\($0)://\(authority)") == origin
        }
    }

    private func foreign(_ origin: String, _ sender: Sender) -> Problem {
        Problem(
            .foreignOrigin, "the request comes from a page of '\(origin.prefix(100))'",
            advice: sender.isForwarded
                ? "let the proxy send the host and the scheme of the request, as X-Forwarded-Host and -Proto"
                : "behind a proxy trust its address (trust-proxy); for another site's page allow its origin (allow-origin)"
        )
    }

    /// The name without its port; nil when it is broken.
    static func name(_ authority: String) -> String? {
        let text = authority.lowercased()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            return String(text[text.index(after: text.startIndex)..<end])
        }
        guard let colon = text.firstIndex(of: ":") else { return text }
        return isPort(text[colon...]) ? String(text[..<colon]) : nil
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard let first = text.first else { return true }
        let digits = text.dropFirst()
        return first == ":" && digits.allSatisfy { $0.isASCII && $0.isNumber }
            && (digits.isEmpty || UInt16(digits) != nil)
    }

    private static func isAddress(_ name: String) -> Bool { !name.contains("%") && IPAddress(name) != nil }

    /// Whether a request could name this as its host: an address, or labels of ASCII letters, digits, '-' and '_', with a dot
    /// at the end or without.
    static func isName(_ name: String) -> Bool {
        isAddress(name)
            || (1...253).contains(name.utf8.count)
                && (name.hasSuffix(".") ? name.dropLast() : name[...]).split(
                    separator: ".", omittingEmptySubsequences: false
                ).allSatisfy { label in
                    !label.isEmpty
                        && label.utf8.allSatisfy { 97...122 ~= $0 | 32 || 48...57 ~= $0 || $0 == 45 || $0 == 95 }
                }
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let secFetchMode = HTTPField.Name("Sec-Fetch-Mode")!
    static let requestID = HTTPField.Name("X-Request-ID")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
    static let openerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
}
