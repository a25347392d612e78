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
        try pipeline.addHandlers([ConnectionGuard(limits, Connections(), log), Answerer()])
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
    private static let hosts = HostRules(ServiceSettings())
    private static let token = BearerToken("secret")

    private static func check(_ head: HTTPRequest) throws {
        try? token.check(head)
        try hosts.check(head)
        let path = head.path ?? "/"
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
