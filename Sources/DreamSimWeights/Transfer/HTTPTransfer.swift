import CDreamSimCurl
import Foundation

/// One GET request by libcurl's easy interface, with a connection of its own. It blocks its thread while it is performed.
final class HTTPTransfer {
    /// libcurl's handle.
    let handle: UnsafeMutableRawPointer
    /// The header fields of the request, as libcurl's list.
    private var fields: UnsafeMutablePointer<curl_slist>?
    /// Where libcurl puts its words about a fault.
    private let message: UnsafeMutablePointer<CChar>
    /// What takes the answer, while there is a transfer.
    private var sink: TransferSink?

    /// - Parameters:
    ///   - url: the address; nothing but http and https is spoken, and redirects are not followed.
    ///   - fields: header fields of the request.
    ///   - configuration: for the time-outs, the proxy and the trusted certificates.
    /// - Throws: `.noLibrary`, or `.broken` when libcurl cannot do what is asked.
    init(
        _ url: URL, fields: [(name: String, value: String)], _ configuration: ModelStore.Configuration
    ) throws(TransferFailure) {
        // Once in a process, before anything else of libcurl: Swift sees to that.
        guard Self.isReady, let handle = dreamsim_curl_open() else { throw .noLibrary }
        self.handle = handle
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        for (name, value) in fields {
            guard let list = dreamsim_curl_append(self.fields, "\(name): \(value)") else { throw .broken("no memory") }
            self.fields = list
        }
        try check(dreamsim_curl_set_message(handle, message))
        try check(dreamsim_curl_set_fields(handle, self.fields))
        try setRequest(url)
        try setTimes(configuration)
        try setTrust(configuration)
        try setProxy(configuration.proxy.server(for: url.host() ?? ""))
        try setCalls()
    }

    deinit {
        dreamsim_curl_close(handle)
        dreamsim_curl_free(fields)
        message.deallocate()
    }

    private static let isReady = dreamsim_curl_start() == 0

    /// Lets a write to a closed connection be an error, as TLS libraries may not see to it; the signal goes to the thread
    /// that writes, so that nothing else of the process is touched.
    static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Sends the request and hands the answer to a sink.
    /// - Throws: what the sink throws, `CancellationError`, or a `TransferFailure`.
    func perform(into sink: TransferSink) throws {
        self.sink = sink
        defer { self.sink = nil }
        let code = dreamsim_curl_perform(handle)
        switch sink.stop {
        case .hasEnough: return
        case .cancelled: throw CancellationError()
        case .stalled: throw TransferFailure.stalled
        case .fault(let error): throw error
        case nil: break
        }
        if code == CURLE_OPERATION_TIMEDOUT { throw TransferFailure.connectTimeout }
        try check(code)
        guard sink.head.isComplete else { throw TransferFailure.broken("the answer ends within its head") }
    }

    /// Throws what a code says that is not CURLE_OK.
    func check(_ code: CURLcode) throws(TransferFailure) {
        guard code != CURLE_OK else { return }
        let words = String(cString: message)
        let reason = words.isEmpty ? String(cString: dreamsim_curl_meaning(code)) : words
        let isTrust = [CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE].contains(code)
        throw isTrust ? .untrusted(reason) : .broken(reason)
    }

    // MARK: - libcurl's calls

    /// Has libcurl call the sink. The transfer outlives the handle, and with it every call.
    private func setCalls() throws(TransferFailure) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(
            dreamsim_curl_on_line(
                handle,
                { bytes, size, count, context in
                    HTTPTransfer.of(context).take(bytes, size * count) { $0.takeLine($1) }
                }, context))
        try check(
            dreamsim_curl_on_piece(
                handle,
                { bytes, size, count, context in
                    HTTPTransfer.of(context).take(bytes, size * count) { $0.takePiece($1) }
                }, context))
        try check(
            dreamsim_curl_on_progress(
                handle,
                { context, _, _, _, _ in
                    let transfer = HTTPTransfer.of(context)
                    return transfer.sink?.mayGoOn { dreamsim_curl_is_connected(transfer.handle) != 0 } ?? false ? 0 : 1
                }, context))
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer {
        guard let context else { preconditionFailure("libcurl lost the transfer") }
        return Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
    }

    /// - Returns: what libcurl wants to hear: the count to continue, another number to stop.
    private func take(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ body: (TransferSink, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let sink, body(sink, UnsafeRawBufferPointer(start: bytes, count: count)) else { return count &+ 1 }
        return count
    }
}
