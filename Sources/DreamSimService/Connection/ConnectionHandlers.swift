import NIOCore
import NIOHTTP1

/// Tells when bytes come, before anybody understands them.
final class FirstBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let tell: (ByteBuffer) -> Void

    /// - Parameter tell: told what has come.
    init(_ tell: @escaping (ByteBuffer) -> Void) { self.tell = tell }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        tell(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }
}

/// Shows the heads of requests as they came, before they become HTTP's types.
final class Heads: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let change: (inout HTTPRequestHead) -> Void

    init(_ change: @escaping (inout HTTPRequestHead) -> Void) { self.change = change }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        change(&head)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
