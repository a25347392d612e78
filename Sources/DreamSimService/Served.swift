import Foundation
import HTTPTypes

/// What a service takes anew while it runs: tokens, indexes and reports. A request uses what was there when it came.
struct Served: Sendable {
    let tokens: TokenRules
    /// The indexes; the first is the one that is used when a request names none.
    let indexes: [ServedIndex]
    /// The folder of evaluation reports.
    let reports: URL?

    /// - Parameter old: what was served until now. An index that is served on is the same object, whose changes take turns.
    init(_ settings: ServiceSettings, after old: Served? = nil) {
        tokens = TokenRules(settings.allTokens)
        indexes = settings.indexes.map { index in
            old?.indexes.first { $0.name == index.name && $0.folder == index.folder }
                ?? ServedIndex(index.folder, name: index.name)
        }
        reports = settings.reports
    }

    func index(named name: String) -> ServedIndex? { indexes.first { $0.name == name } }
}

extension ServiceCore {
    /// Takes tokens, indexes and reports anew. What cannot be used changes nothing.
    /// - Returns: what else is different in the settings, and takes a restart; models of indexes that are not loaded too.
    /// - Throws: `DreamSimError`, or what keeps an index from being opened.
    func reload(_ settings: ServiceSettings) throws -> [String] {
        try settings.check()
        let new = Served(settings, after: served)
        var missing: [String] = []
        for index in new.indexes {
            index.refresh()
            do throws(Problem) {
                let stamp = try index.reader().settings.stamp
                if let engine = try? engine(), engine.model(stamp) == nil {
                    missing.append("\(stamp.model), the model of the index '\(index.name)'")
                }
            } catch {
                throw DreamSimError(.unreadable, index.folder.path, error.detail)
            }
        }
        if let reports = new.reports, let fault = EvaluationRoutes.fault(reports) {
            throw DreamSimError(.unreadable, reports.path, fault)
        }
        served = new
        tellOfIndexes()
        return self.settings.fixedDifferences(from: settings) + missing
    }

    /// Who sent a request.
    /// - Parameter peer: the address at the other end of the connection.
    func sender(of head: HTTPRequest, from peer: String) -> Sender {
        var sender = proxies.sender(head, from: peer)
        sender.token = served.tokens.access(head)
        return sender
    }

    /// Whether a request's body is worth sending (`Expect: 100-continue`). Nobody who brings no token has to send one, only to
    /// learn that; the answer says what is wrong.
    func wantsBody(of head: HTTPRequest, from peer: String) -> Bool {
        let sender = sender(of: head, from: peer)
        guard (try? hosts.check(head, from: sender)) != nil, !served.tokens.isNeeded || sender.token != nil else {
            return false
        }
        return head.headerFields[.contentLength].flatMap { Int($0) }.map { $0 <= limits.bodyBytes } ?? true
    }

    /// Sees to it that a request brings a token, where one is needed, and that its client does not have too many.
    /// - Throws: `Problem`.
    func share(for sender: Sender) throws(Problem) -> [RequestShares.Share] {
        if served.tokens.isNeeded, sender.token == nil { throw TokenRules.refusal }
        var held: [RequestShares.Share] = []
        // Connections tell nothing of clients behind a proxy.
        if sender.isForwarded { held.append(try shares.enter(sender.client, most: limits.connectionsPerPeer)) }
        if let token = sender.token, token.requestsInFlight != nil || token.requestsPerMinute != nil {
            held.append(
                try shares.enter(
                    sender.share, most: token.requestsInFlight, perMinute: token.requestsPerMinute))
        }
        return held
    }
}
