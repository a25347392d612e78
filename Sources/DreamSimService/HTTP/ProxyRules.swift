import HTTPTypes

/// Whom the service believes when they say for whom they ask. From everybody else such fields are not looked at, because
/// anybody can send them.
struct ProxyRules: Sendable {
    private let trusted: [IPRange]

    /// - Throws: `DreamSimError` for what is no address and no range.
    init(_ texts: [String]) throws(DreamSimError) {
        var ranges: [IPRange] = []
        for text in texts {
            guard let range = IPRange(text) else {
                throw DreamSimError(
                    .badSetting, "proxy \(text)",
                    "is neither an address nor a range of addresses; write it as 192.0.2.7 or 10.0.0.0/8")
            }
            ranges.append(range)
        }
        trusted = ranges
    }

    /// Whether an address is that of a proxy.
    func trust(_ address: String) -> Bool { IPAddress(address).map(trust) ?? false }

    private func trust(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }

    /// Who sent a request.
    /// - Parameter peer: the address at the other end of the connection.
    func sender(_ head: HTTPRequest, from peer: String) -> Sender {
        let peer = IPAddress(peer).map { "\($0)" } ?? peer
        var sender = Sender(client: peer, authority: head.authority)
        guard !trusted.isEmpty, trust(peer) else { return sender }
        sender.isForwarded = true
        sender.prefix = Self.last(head, .forwardedPrefix).flatMap { BasePath($0)?.text }
        let (plain, standard) = (hops(ofPlain: head), hops(ofStandard: head))
        guard let said = plain ?? standard else { return sender }
        // A proxy that sends one kind may let through what a client has sent of the other.
        if let plain, let standard, plain != standard {
            sender.fault = Problem(
                .badRequest, "Forwarded and X-Forwarded-For, -Host and -Proto say different things",
                advice: "let the proxy send one of them and remove the other")
        }
        sender.client = said.client ?? peer
        sender.authority = said.host ?? sender.authority
        sender.scheme = said.scheme
        return sender
    }

    /// What proxies say of a client.
    private struct Said: Equatable {
        var client: String?
        var host: String?
        var scheme: String?
    }

    // MARK: X-Forwarded-For and so on

    private func hops(ofPlain head: HTTPRequest) -> Said? {
        let fields: [HTTPField.Name] = [.forwardedFor, .forwardedHost, .forwardedProto]
        guard fields.contains(where: { head.headerFields[$0] != nil }) else { return nil }
        let (client, hops) = client(Self.list(head, .forwardedFor))
        func at(_ name: HTTPField.Name) -> Substring? {
            let list = Self.list(head, name)
            return list.isEmpty ? nil : list[max(0, list.count - hops)]
        }
        return Said(client: client, host: Self.host(at(.forwardedHost)), scheme: Self.scheme(at(.forwardedProto)))
    }

    /// The client among those for whom was asked, and how many from the end it is: each proxy adds whom it was asked by,
    /// so that what comes before somebody who is not trusted can be anything.
    private func client(_ list: [Substring]) -> (client: String?, hops: Int) {
        var found: IPAddress?
        var hops = 0
        for entry in list.reversed() {
            guard let address = IPAddress(node: entry) else { break }
            (found, hops) = (address, hops + 1)
            guard trust(address) else { break }
        }
        return (found.map { "\($0)" }, max(1, hops))
    }

    // MARK: Forwarded

    /// What `Forwarded` says (RFC 7239).
    private func hops(ofStandard head: HTTPRequest) -> Said? {
        let elements = Self.list(head, .forwarded)
        guard !elements.isEmpty else { return nil }
        let all = elements.map { element in
            var pairs: [String: Substring] = [:]
            for pair in Self.split(element, ";") {
                let sides = pair.split(separator: "=", maxSplits: 1)
                guard sides.count == 2 else { continue }
                pairs[sides[0].trimming().lowercased()] = Substring(sides[1].trimming()).unquoted
            }
            return pairs
        }
        let (client, hops) = client(all.map { $0["for"] ?? "unknown" })
        let own = all[max(0, all.count - hops)]
        return Said(client: client, host: Self.host(own["host"]), scheme: Self.scheme(own["proto"]))
    }

    // MARK: Values

    private static func host(_ text: Substring?) -> String? {
        text.flatMap { $0.utf8.count <= 255 && HostRules.name(String($0)) != nil ? String($0) : nil }
    }

    private static func scheme(_ text: Substring?) -> String? {
        text.map { $0.lowercased() }.flatMap { ["http", "https"].contains($0) ? $0 : nil }
    }

    private static func last(_ head: HTTPRequest, _ name: HTTPField.Name) -> String? {
        list(head, name).last.map(String.init)
    }

    /// The entries of a field that is a list. Nobody has more proxies than the last ones of them.
    private static func list(_ head: HTTPRequest, _ name: HTTPField.Name) -> [Substring] {
        split(Substring(head.headerFields[name] ?? ""), ",").suffix(32).filter { !$0.isEmpty }
    }

    /// Splits where a separator stands outside of quotes.
    private static func split(_ text: Substring, _ separator: Character) -> [Substring] {
        var parts: [Substring] = []
        var (start, isQuoted, isEscaped) = (text.startIndex, false, false)
        for index in text.indices {
            switch text[index] {
            case _ where isEscaped: isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case separator where !isQuoted:
                parts.append(Substring(text[start..<index].trimming()))
                start = text.index(after: index)
            default: break
            }
        }
        return parts + [Substring(text[start...].trimming())]
    }
}

extension Substring {
    /// Without the quotes around it.
    fileprivate var unquoted: Substring {
        guard count >= 2, first == "\"", last == "\"" else { return self }
        return Substring(dropFirst().dropLast().replacing(#/\\(.)/#) { $0.output.1 })
    }
}

extension HTTPField.Name {
    static let forwarded = HTTPField.Name("Forwarded")!
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let forwardedHost = HTTPField.Name("X-Forwarded-Host")!
    static let forwardedProto = HTTPField.Name("X-Forwarded-Proto")!
    static let forwardedPrefix = HTTPField.Name("X-Forwarded-Prefix")!
}
