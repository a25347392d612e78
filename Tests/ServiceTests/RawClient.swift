import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A client that sends the bytes it is told, also those that no library would send. Everything blocks: for threads of one's
/// own, see `onThread`.
final class RawClient {
    /// An answer.
    struct Answer {
        let status: Int
        /// The header fields, by their names in lower case.
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as a JSON object.
        func json() throws -> [String: Any] {
            guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
                throw CocoaError(.coderInvalidValue)
            }
            return object
        }
    }

    private let descriptor: Int32
    /// How often the server has said that a body may come.
    private(set) var continues = 0
    private var received: [UInt8] = []

    /// Connects.
    /// - Parameters:
    ///   - receiveBuffer: how many bytes the system takes in for this client, about; its own choice when nil.
    ///   - source: the address of this client; the system's choice when nil.
    init(_ port: Int, receiveBuffer: Int32? = nil, from source: String? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if let source {
            var own = sockaddr_in()
            own.sin_family = sa_family_t(AF_INET)
            own.sin_addr.s_addr = inet_addr(source)
            _ = withUnsafePointer(to: &own) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            throw POSIXError(.ECONNREFUSED)
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Sends bytes.
    /// - Returns: whether all were taken; a server that has answered may refuse the rest.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sends text, in which lines end with CRLF.
    @discardableResult
    func send(_ text: String) -> Bool {
        send(Array(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8))
    }

    /// Sends a request.
    func send(
        _ method: String, _ path: String, headers: [String] = [], body: [UInt8] = [], host: String = "127.0.0.1"
    ) {
        let fields = ["Host: \(host)"] + headers + (body.isEmpty ? [] : ["Content-Length: \(body.count)"])
        send("\(method) \(path) HTTP/1.1\n" + fields.map { $0 + "\n" }.joined() + "\n")
        send(body)
    }

    /// Ends the sending direction.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads the next answer.
    func answer() throws -> Answer {
        while true {
            guard let end = try head() else { throw POSIXError(.ECONNRESET) }
            let lines = String(decoding: received[..<end], as: UTF8.self).components(separatedBy: "\r\n")
            received.removeFirst(end + 4)
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
                    .trimmingCharacters(in: .whitespaces)
            }
            let status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
            if status == 100 {
                continues += 1
                continue
            }
            let length = headers["content-length"].flatMap { Int($0) } ?? 0
            while received.count < length { guard receive() else { throw POSIXError(.ECONNRESET) } }
            let body = Array(received.prefix(length))
            received.removeFirst(length)
            return Answer(status: status, headers: headers, body: body)
        }
    }

    /// Where the head ends; nil when the connection does before.
    private func head() throws -> Int? {
        while true {
            if received.count >= 4 {
                for i in 0...(received.count - 4) where received[i..<(i + 4)].elementsEqual([13, 10, 13, 10]) {
                    return i
                }
            }
            guard receive() else { return nil }
        }
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        received += buffer.prefix(count)
        return true
    }

    /// Whether the server ends the connection, without sending more.
    func isEnded() -> Bool { received.isEmpty && !receive() }
}

/// Runs something that blocks on a thread of its own, because the service needs those that tests run on.
func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// A body of `multipart/form-data`, and the header field that goes with it.
struct Form {
    private(set) var body: [UInt8] = []
    static let boundary = "--------form7d1"
    static let header = "Content-Type: multipart/form-data; boundary=\(boundary)"

    init(_ parts: [(name: String, file: String, content: [UInt8])], isClosed: Bool = true) {
        for part in parts {
            body += Array(
                "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"; filename=\"\(part.file)\"\r\nContent-Type: image/png\r\n\r\n"
                    .utf8)
            body += part.content + [13, 10]
        }
        if isClosed { body += Array("--\(Self.boundary)--\r\n".utf8) }
    }
}
