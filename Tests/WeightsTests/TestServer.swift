import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A small HTTP/1.1 server on this machine that keeps one file under every path and makes the faults it is told.
final class TestServer: Sendable {
    /// What goes wrong with one request; the first of the list is used up by each.
    enum Fault: Sendable {
        case none
        /// The connection is closed after this many bytes of the body.
        case cut(after: Int)
        /// Nothing more comes after this many bytes of the body.
        case stall(after: Int)
        /// The body comes in pieces with pauses.
        case slow
        /// Half of the body comes, and the rest when this file is there.
        case holdUntil(String)
        /// The whole file is sent whatever range is asked for.
        case ignoreRange
        /// A part is sent with this range in its header.
        case range(String)
        /// A part is sent with another entity tag.
        case otherTag
        case status(Int)
        case redirect(to: String)
        /// The header promises more than what comes, in an orderly way.
        case extraHeaders([String])
        /// The body in chunks, without its length, and a field after it.
        case chunked
        /// An answer that is not the last comes first, and half of the body after the last.
        case interim
        /// Nothing more comes after the first lines of the head.
        case cutHead
        /// Nothing comes at all.
        case silence
        /// As a proxy does after CONNECT, everything is forwarded to this port of this machine, and back.
        case tunnel(to: Int)
    }

    struct State: Sendable {
        var contents: [UInt8]
        var entityTag: String? = "\"one\""
        var lastModified: String?
        var faults: [Fault] = []
        /// The request lines with `Range` and `If-Range`.
        var requests: [Request] = []
        /// Paths that are not there.
        var absent: Set<String> = []
    }

    struct Request: Sendable, Equatable {
        var path: String
        var range: String?
        var ifRange: String?
        var proxyAuthorization: String?
    }

    let port: Int
    private let listener: Int32
    private let state: Mutex<State>
    private let isStopped = Mutex(false)

    init(_ contents: [UInt8]) throws {
        state = Mutex(State(contents: contents))
        let descriptor = Self.socket()
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = Self.address(port: 0)
        let bound = Self.withAddress(&address) { socketAddress, length in
            var length = length
            return bind(descriptor, socketAddress, length) == 0 && listen(descriptor, 16) == 0
                && getsockname(descriptor, socketAddress, &length) == 0
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        listener = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, !isStopped.withLock({ $0 }) else { break }
                Thread.detachNewThread { [self] in
                    serve(connection)
                    // A child process may hold a copy: closing alone would not end the connection.
                    shutdown(connection, Int32(SHUT_RDWR))
                    close(connection)
                }
            }
            close(descriptor)
        }
    }

    private static func socket() -> Int32 {
        Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    /// A port of this machine; 0 for any that is free.
    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        return address
    }

    private static func withAddress(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    func stop() {
        isStopped.withLock { $0 = true }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    var base: URL { URL(string: "http://127.0.0.1:\(port)/files")! }

    func change(_ body: @Sendable (inout State) -> Void) { state.withLock { body(&$0) } }

    /// The offsets that were asked for, 0 for the whole file.
    var offsets: [Int] { requests.map { Int($0.range?.dropFirst("bytes=".count).dropLast() ?? "0") ?? -1 } }

    var requests: [Request] { state.withLock { $0.requests } }

    // MARK: - One connection

    private func serve(_ connection: Int32) {
        guard let (line, headers) = readHead(connection) else { return }
        let path = line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let request = Request(
            path: path, range: headers["range"], ifRange: headers["if-range"],
            proxyAuthorization: headers["proxy-authorization"])
        let (state, fault) = state.withLock { state in
            state.requests.append(request)
            let fault = state.faults.isEmpty ? Fault.none : state.faults.removeFirst()
            return (state, fault)
        }
        if state.absent.contains(path) {
            return send(connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        }
        var head = ["Connection: close"]
        var tag = state.entityTag
        var body = state.contents[...]
        var status = "200 OK"
        var start: Int?
        if let range = request.range, let offset = Int(range.dropFirst("bytes=".count).dropLast()) {
            let isCurrent = request.ifRange == nil || request.ifRange == tag || request.ifRange == state.lastModified
            if isCurrent { start = offset }
        }
        switch fault {
        case .ignoreRange: start = nil
        case .status(let code):
            return send(connection, "HTTP/1.1 \(code) Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        case .redirect(let target):
            return send(
                connection,
                "HTTP/1.1 302 Found\r\nLocation: \(target)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        case .silence: return waitForEnd(connection)
        case .tunnel(let port): return tunnel(connection, to: port)
        case .otherTag: tag = "\"other\""
        case .extraHeaders(let lines): head += lines
        default: break
        }
        if let start {
            guard start < body.count else {
                return send(connection, "HTTP/1.1 416 Range\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
            status = "206 Partial Content"
            var range = "bytes \(start)-\(body.count - 1)/\(body.count)"
            if case .range(let text) = fault { range = text }
            head.append("Content-Range: \(range)")
            body = body[start...]
        }
        if let tag { head.append("ETag: \(tag)") }
        if let date = state.lastModified { head.append("Last-Modified: \(date)") }
        if case .chunked = fault {
            head.append("Transfer-Encoding: chunked")
            send(connection, "HTTP/1.1 \(status)\r\n" + head.joined(separator: "\r\n") + "\r\n\r\n")
            send(connection, "\(String(body.count, radix: 16))\r\n")
            send(connection, Array(body))
            return send(connection, "\r\n0\r\nETag: \"late\"\r\n\r\n")
        }
        head.append("Content-Length: \(body.count)")
        if case .cutHead = fault {
            send(connection, "HTTP/1.1 \(status)\r\n" + head.joined(separator: "\r\n") + "\r\n")
            return
        }
        if case .interim = fault { send(connection, "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\n\r\n") }
        send(connection, "HTTP/1.1 \(status)\r\n" + head.joined(separator: "\r\n") + "\r\n\r\n")
        switch fault {
        case .cut(let count):
            send(connection, Array(body.prefix(count)))
            // What the client has not taken up when the connection ends, it may lose.
            usleep(100_000)
        case .interim:
            send(connection, Array(body.prefix(body.count / 2)))
            usleep(100_000)
        case .stall(let count):
            send(connection, Array(body.prefix(count)))
            waitForEnd(connection)
        case .slow:
            for offset in stride(from: body.startIndex, to: body.endIndex, by: 64 << 10) {
                guard send(connection, Array(body[offset..<min(body.endIndex, offset + 64 << 10)])) else { return }
                usleep(20_000)
            }
        case .holdUntil(let path):
            let half = body.count / 2
            send(connection, Array(body.prefix(half)))
            for _ in 0..<1500 where access(path, F_OK) != 0 { usleep(10_000) }
            send(connection, Array(body.dropFirst(half)))
        default: send(connection, Array(body))
        }
    }

    private func tunnel(_ connection: Int32, to port: Int) {
        let other = Self.socket()
        defer { close(other) }
        var address = Self.address(port: port)
        guard Self.withAddress(&address, { connect(other, $0, $1) == 0 }) else { return }
        // A length means nothing here (RFC 9110, 9.3.6).
        send(connection, "HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n")
        let back = DispatchGroup()
        back.enter()
        Thread.detachNewThread { [self] in
            relay(from: other, to: connection)
            back.leave()
        }
        relay(from: connection, to: other)
        back.wait()
    }

    /// Hands on what comes until it ends, and the end too.
    private func relay(from source: Int32, to target: Int32) {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(source, &bytes, bytes.count, 0)
            guard count > 0, send(target, Array(bytes[..<count])) else { break }
        }
        shutdown(target, Int32(SHUT_WR))
    }

    /// Waits until the client has had enough.
    private func waitForEnd(_ connection: Int32) {
        var byte: UInt8 = 0
        _ = recv(connection, &byte, 1, 0)
    }

    private func readHead(_ connection: Int32) -> (String, [String: String])? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard bytes.count < 65536, recv(connection, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        return (lines[0], headers)
    }

    private func send(_ connection: Int32, _ text: String) { send(connection, Array(text.utf8)) }

    @discardableResult
    private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
