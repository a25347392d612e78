import CDreamSimCurl
import Foundation

extension HTTPTransfer {
    /// What is asked for, and what libcurl is not to do by itself: redirects, decompression, connections of before.
    func setRequest(_ url: URL) throws(TransferFailure) {
        try check(dreamsim_curl_only_http(handle))
        try set(CURLOPT_URL, url.absoluteString)
        try set(CURLOPT_USERAGENT, "dreamsim-swift")
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        try set(CURLOPT_FRESH_CONNECT, 1)
        try set(CURLOPT_FORBID_REUSE, 1)
    }

    /// Times are kept without signals, which belong to the process. That nothing arrives is for the sink to see, because
    /// libcurl counts in whole seconds and by means.
    func setTimes(_ configuration: ModelStore.Configuration) throws(TransferFailure) {
        let limit = min(configuration.stallTimeout, .seconds(30)) / .milliseconds(1)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(limit)))
        dreamsim_curl_leave_resolver(handle)
    }

    /// Certificates are always checked: against the given file alone, else against the system's.
    func setTrust(_ configuration: ModelStore.Configuration) throws(TransferFailure) {
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        guard let path = configuration.certificates ?? Self.certificates else { return }
        try set(CURLOPT_CAINFO, path)
        let code = dreamsim_curl_set_text(handle, CURLOPT_CAPATH, nil)
        // Where libcurl knows no folder of certificates there is none to leave out.
        if code != CURLE_NOT_BUILT_IN { try check(code) }
    }

    /// The system's certificates where they lie elsewhere than on Debian, whose libcurl the packages bring; nil where libcurl
    /// finds them by itself.
    private static let certificates: String? = {
        #if os(Linux)
            let known = [
                "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                "/etc/ssl/cert.pem",
            ]
            let found = known.first { FileManager.default.isReadableFile(atPath: $0) }
            return found == known[0] ? nil : found
        #else
            return nil
        #endif
    }()

    /// The proxy is the given one or none, whatever the variables of the environment say that libcurl would look at.
    func setProxy(_ server: ProxySettings.Server?) throws(TransferFailure) {
        try set(CURLOPT_NOPROXY, "")
        guard let server else { return try set(CURLOPT_PROXY, "") }
        let isBareIPv6 = server.host.contains(":") && !server.host.hasPrefix("[")
        try set(CURLOPT_PROXY, isBareIPv6 ? "[\(server.host)]" : server.host)
        try check(dreamsim_curl_plain_proxy(handle))
        try set(CURLOPT_PROXYPORT, server.port)
        // The proxy's own answer is not the server's.
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        guard let user = server.user else { return }
        try set(CURLOPT_PROXYUSERNAME, user)
        try set(CURLOPT_PROXYPASSWORD, server.password ?? "")
    }

    private func set(_ option: CURLoption, _ value: Int) throws(TransferFailure) {
        try check(dreamsim_curl_set_number(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransferFailure) {
        try check(dreamsim_curl_set_text(handle, option, value))
    }
}
