import AsyncHTTPClient
import NIOCore
import NIOSSL

extension HTTPClient.Configuration {
    /// The settings of one request to a host: no redirects of its own, no decompression, the proxy and the trusted
    /// certificates of the environment.
    init(_ configuration: ModelStore.Configuration, host: String) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let path = configuration.certificates { tls.trustRoots = .file(path) }
        let stall = TimeAmount(configuration.stallTimeout)
        self.init(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: Timeout(connect: Swift.min(stall, .seconds(30)), read: stall), decompression: .disabled)
        httpVersion = .http1Only
        // The attempts are counted in one place only.
        connectionPool.retryConnectionEstablishment = false
        if let server = configuration.proxy.server(for: host) {
            let authorization = server.user.map {
                HTTPClient.Authorization.basic(username: $0, password: server.password ?? "")
            }
            proxy =
                if let authorization {
                    .server(host: server.host, port: server.port, authorization: authorization)
                } else {
                    .server(host: server.host, port: server.port)
                }
        }
    }
}
