import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Stands between a connection and those who answer: says what is wrong with requests that never become whole, tells when the
/// client goes, and closes in a way that lets the client read its answer.
///
/// Slow heads are answered by 408, heads that are too large by 431, what is no HTTP by 400. An answer before the end of its
/// request is the connection's last: what still comes is thrown away for a moment, because a connection that is closed
/// with bytes unread may lose the answer.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    let limits: ServiceLimits
    let connections: Connections
    let log: RequestLog
    /// Whether a body is worth sending, by its head and the address that sends it.
    private let wantsBody: @Sendable (HTTPRequest, String) -> Bool
    var client: Connections.Client?
    var context: ChannelHandlerContext?
    private var headTimer: Scheduled<Void>?
    private var sendTimer: Scheduled<Void>?
    /// Requests whose answer has not ended, in their order: whether each wants the connection closed after its answer, as in
    /// HTTP/1.0 without a word.
    private var open: [Bool] = []
    /// Whether a request's head has come and its end has not.
    var isReading = false
    var isAnswering = false
    /// The request that is being read, or was the last.
    var head: HTTPRequest?
    /// Whether nothing has come yet.
    private var isSilent = false
    private var speaksTLS = false
    /// What the request wants whose head is being read.
    private var wantsClose = false
    private var isLastAnswer = false
    /// Whether the last answer has been given.
    var isFinished = false
    /// What is told when the answers before it are given.
    var postponed: Refusal?

    /// How TLS begins.
    private static let handshake: [UInt8] = [22, 3]
    /// How long what still comes is thrown away.
    private static let lingering = TimeAmount.seconds(2)

    init(
        _ limits: ServiceLimits, _ connections: Connections, _ log: RequestLog,
        wantsBody: @escaping @Sendable (HTTPRequest, String) -> Bool
    ) {
        (self.limits, self.connections, self.log, self.wantsBody) = (limits, connections, log, wantsBody)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        client = connections.add(context.channel, perPeer: limits.connectionsPerPeer)
        // At the connection's end of the line, because the parser keeps unfinished heads to itself.
        let pipeline = context.pipeline.syncOperations
        try? pipeline.addHandler(FirstBytes { [weak self] in self?.bytesCame($0) }, position: .first)
        // Behind the translation to HTTP's types the version and a second host are no longer known.
        guard let translation = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) else { return }
        try? pipeline.addHandler(Heads { [weak self] in self?.headCame(&$0) }, position: .before(translation))
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// Refuses a connection that is one too many, and gives others a time to say something.
    private func begin(_ context: ChannelHandlerContext) {
        guard let client else {
            return refuse(
                .passing(
                    .overload, "your address has \(limits.connectionsPerPeer) connections already, all of them in use",
                    retryAfter: 1), as: .connections)
        }
        client.restsSince = .now
        headTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.firstByteTime)) { [self] in
            log.closed(.silent, client: peer)
            context.close(promise: nil)
        }
        isSilent = true
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        headTimer?.cancel()
        headTimer = nil
        sendTimer?.cancel()
        sendTimer = nil
        client?.disconnect()
        if let context { connections.remove(context.channel) }
    }

    // MARK: What comes

    private func bytesCame(_ bytes: ByteBuffer) {
        client?.restsSince = nil
        if isSilent, bytes.readableBytesView.starts(with: Self.handshake) { speaksTLS = true }
        if isSilent {
            isSilent = false
            headTimer?.cancel()
            headTimer = nil
        }
        guard let context, !isReading, !isFinished, headTimer == nil else { return }
        headTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.headTime)) { [self] in
            headTimer = nil
            refuse(Problem(.slowRequest, "the request's head did not come within \(limits.headTime)"))
        }
    }

    private func headCame(_ head: inout HTTPRequestHead) {
        wantsClose = !head.isKeepAlive
        // Whoever stands between might go by the other one.
        if head.headers["host"].count > 1 { refuse(Problem(.badRequest, "the request names two hosts")) }
        // A host in the target, as proxies are asked, counts in place of the field (RFC 9112, 3.2.2).
        if !head.uri.hasPrefix("/"), let start = head.uri.range(of: "://") {
            let authority = head.uri[start.upperBound...].prefix { !"/?#".contains($0) }
            head.headers.replaceOrAdd(name: "host", value: String(authority))
            let rest = head.uri[authority.endIndex...]
            head.uri = rest.hasPrefix("/") ? String(rest) : "/\(rest)"
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFinished, postponed == nil else { return }
        switch unwrapInboundIn(data) {
        case .head(var head):
            headTimer?.cancel()
            headTimer = nil
            // One for all who speak of the request.
            head.headerFields[.requestID] = RequestID.of(head.headerFields)
            self.head = head
            open.append(wantsClose)
            isReading = true
            if open.count == 1, head.headerFields[.expect]?.lowercased() == "100-continue", wantsBody(head, peer) {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
            return context.fireChannelRead(wrapInboundOut(.head(head)))
        case .end: isReading = false
        case .body: break
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Those who answer no longer ask for more.
        if isFinished { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, case .inputClosed = event {
            if isFinished { return context.close(promise: nil) }
            // A client that waits for no answer: it cannot be told from one that only stops asking.
            if !open.isEmpty { client?.disconnect() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is HTTPParserError where speaksTLS:
            refuse(
                Problem(
                    .badRequest, "this is TLS, and the service speaks plain HTTP",
                    advice: "ask by http://, or let a proxy in front of the service speak TLS"), as: .tls)
        case HTTPParserError.headerOverflow:
            refuse(
                Problem(
                    .headersTooLarge,
                    "more than \(limits.headerCount) header fields, or more than \(limits.headerBytes) bytes in one"))
        case HTTPParserError.invalidEOFState: refuse(Problem(.unfinishedBody, "the request ends too early"))
        // What the parser has no word for is how it ends a request whose length is told in two ways.
        case HTTPParserError.unknown:
            refuse(Problem(.badRequest, "this is not HTTP/1.1: it cannot be told where the request ends"))
        case let error as HTTPParserError: refuse(Problem(.badRequest, "this is not HTTP/1.1: \(error)"))
        case is ChannelError, is IOError: client?.disconnect()
        default: refuse(Problem(.badRequest, "the request's head is broken"))
        }
        if postponed == nil { context.fireErrorCaught(error) }
    }

    /// Whether requests wait for their answers that came before the one that is being read.
    var hasEarlier: Bool { open.count > (isReading ? 1 : 0) }

    // MARK: What goes

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isFinished else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            isAnswering = true
            startSending(context)
            // Of the request that is answered here nothing may be left to come; what is being read may be a later one.
            let isEarly = isReading && open.count == 1
            if isEarly || open.first == true || connections.isDraining { head.headerFields[.connection] = "close" }
            isLastAnswer = head.headerFields[.connection]?.lowercased() == "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let promise = promise ?? context.eventLoop.makePromise()
            // A later answer has a timer of its own.
            let timer = sendTimer
            promise.futureResult.whenComplete { _ in timer?.cancel() }
            context.writeAndFlush(data, promise: promise)
            isAnswering = false
            if !open.isEmpty { open.removeFirst() }
            if open.isEmpty && !isReading { client?.restsSince = .now }
            if isLastAnswer {
                linger(context)
            } else if !hasEarlier, let refusal = postponed {
                postponed = nil
                refuse(refusal.problem, as: refusal.ending)
            }
        }
    }

    /// Gives the client a time to take its answer: one that never reads would hold memory.
    private func startSending(_ context: ChannelHandlerContext) {
        sendTimer?.cancel()
        sendTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.sendTime)) { [self] in
            log.closed(.unread, client: peer)
            context.close(promise: nil)
        }
    }

    /// Closes when the client has had time to read what was sent.
    func linger(_ context: ChannelHandlerContext) {
        isFinished = true
        context.close(mode: .output, promise: nil)
        context.read()
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingering) { context.close(promise: nil) }
    }
}
