package import Foundation

/// Which addresses may be asked.
package enum RemotePolicy {
    /// The most redirects that are followed.
    static let maximumRedirects = 5

    /// https everywhere; plain http on this machine itself only, for mirrors and tunnels.
    package static func isAllowed(_ url: URL) -> Bool {
        guard let host = url.host(percentEncoded: false), !host.isEmpty else { return false }
        switch url.scheme?.lowercased() {
        case "https": return true
        case "http": return isLoopback(host)
        default: return false
        }
    }

    package static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The address a redirect leads to.
    /// - Throws: `.refused` for http after https, for http elsewhere, for loops and for too many.
    package static func follow(_ location: String?, from url: URL, visited: [URL]) throws(DreamSimError) -> URL {
        guard let location, let next = URL(string: location, relativeTo: url)?.absoluteURL else {
            throw DreamSimError(.refused, url.absoluteString, "a redirect without an address")
        }
        let place = "\(url.absoluteString) -> \(next.absoluteString)"
        guard isAllowed(next), url.scheme?.lowercased() != "https" || next.scheme?.lowercased() == "https" else {
            throw DreamSimError(
                .refused, place,
                "a redirect to an address that is not https; the network may be meddling, try another one")
        }
        guard !visited.contains(next), next != url else {
            throw DreamSimError(.refused, place, "the redirects form a loop")
        }
        guard visited.count < maximumRedirects else {
            throw DreamSimError(.refused, place, "more than \(maximumRedirects) redirects")
        }
        return next
    }
}

/// A proxy for https, and the hosts that are reached without it.
package struct ProxySettings: Sendable, Hashable {
    package struct Server: Sendable, Hashable {
        package var host: String
        package var port: Int
        package var user, password: String?
    }

    package private(set) var server: Server?
    package private(set) var exceptions: [String] = []

    package init() {}

    /// Reads `http://user:password@host:port` and a list of hosts or domains between commas.
    package init(proxy: String?, exceptions: String?) throws(DreamSimError) {
        self.exceptions = (exceptions ?? "").lowercased().split(separator: ",").map {
            let name = $0.trimmingCharacters(in: .whitespaces)
            return name.hasPrefix("*.") ? String(name.dropFirst()) : name
        }.filter { !$0.isEmpty }
        guard let proxy else { return }
        let text = proxy.contains("://") ? proxy : "http://" + proxy
        guard let url = URL(string: text), let host = url.host(percentEncoded: false), !host.isEmpty,
            url.scheme?.lowercased() == "http"
        else {
            throw DreamSimError(.badSetting, "HTTPS_PROXY", "not of the form http://host:port")
        }
        server = Server(
            host: host, port: url.port ?? 80, user: url.user(percentEncoded: false),
            password: url.password(percentEncoded: false))
    }

    /// The proxy for a host; nil when it is reached without one.
    package func server(for host: String) -> Server? {
        let host = host.lowercased()
        guard let server, !RemotePolicy.isLoopback(host) else { return nil }
        for exception in exceptions {
            let domain = exception.hasPrefix(".") ? exception : "." + exception
            if exception == "*" || host == exception || host.hasSuffix(domain) { return nil }
        }
        return server
    }
}
