import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

@testable import DreamSimService

/// What comes over a connection.
extension Target {
    /// The first line is the request's Content-Type, the rest its body.
    static let multipart = Target("multipart") { bytes in
        let line = bytes.prefix { $0 != 10 }
        let type = HeaderValue(String(decoding: line, as: UTF8.self))
        let body = Array(bytes.dropFirst(line.count + 1))
        // What asks for the parts refuses other boundaries.
        guard let boundary = type.parameters["boundary"], (1...70).contains(boundary.utf8.count) else { return }
        for part in try Multipart(body, boundary: boundary, most: 100).parts {
            precondition(part.content.lowerBound >= 0 && part.content.upperBound <= body.count)
        }
    }

    /// A body in JSON that holds images or names them.
    static let jsonImages = Target("json-images") { bytes in
        for part in try JSONImages(Array(bytes), most: 100).parts {
            guard case .bytes(let data) = part.source else { continue }
            precondition(data.count <= bytes.count)
        }
    }

    /// All that stands between a socket and a route, with the checks that a route's request goes through.
    static let http = Target("http") { bytes in
        let channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        let limits = ServiceLimits()
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerBytes
        decoding.maxHeaderListSize = 2 * limits.headerBytes
        decoding.maxHeaderFieldCount = limits.headerCount
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoding)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandlers([ConnectionGuard(limits, Connections(), log) { _, _ in true }, Answerer()])
        channel.pipeline.fireChannelActive()
        // In two pieces, as a socket may give them.
        let middle = bytes.count / 2
        for piece in [bytes[..<middle], bytes[middle...]] {
            // The guard has answered what is thrown here.
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(200))
        _ = try? channel.finish()
    }

    private static let log = RequestLog(
        logger: Logger(label: "fuzzing") { _ in SwiftLogNoOpLogHandler() }, statistics: Statistics())
    private static let core: ServiceCore? = {
        var settings = ServiceSettings()
        (settings.token, settings.trustedProxies) = ("0123456789abcdef", ["10.0.0.0/8"])
        (settings.basePath, settings.allowedOrigins) = ("/tools/dreamsim", ["https://images.example.org"])
        return try? ServiceCore(settings, logger: Logger(label: "fuzz"))
    }()

    private static func check(_ head: HTTPRequest) throws {
        guard let core else { preconditionFailure("the settings of the target are wrong") }
        _ = core.served.tokens.access(head)
        // As if a proxy had sent it that is trusted, and as if anybody had.
        let forwarded = core.proxies.sender(head, from: "10.0.0.1")
        precondition(forwarded.client.utf8.count <= 45 && forwarded.prefix.map { $0.hasPrefix("/") } ?? true)
        let sender = core.proxies.sender(head, from: "192.0.2.1")
        precondition(sender.client == "192.0.2.1" && sender.prefix == nil && sender.scheme == nil)
        _ = core.origins.preflight(head, methods: ["GET"])
        try? core.hosts.check(head, from: forwarded)
        try core.hosts.check(head, from: sender)
        let path = core.base.inner(head.path ?? "/")
        let (name, query) = (path.prefix { $0 != "?" }, path.drop { $0 != "?" }.dropFirst())
        for route in RouteTable.all where route.matches(String(name)) {
            for parameter in route.parameters { _ = try parameter.value(String(query)) }
        }
    }

    /// Answers each request when it is whole.
    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = HTTPRequestPart
        typealias OutboundOut = HTTPResponsePart

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                Target.answered { try Target.check(head) }
            case .body: break
            case .end:
                context.write(wrapOutboundOut(.head(HTTPResponse(status: .ok))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }
}
