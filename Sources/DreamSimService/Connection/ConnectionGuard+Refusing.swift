import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers that requests get which never become whole.
extension ConnectionGuard {
    /// What such a request is told.
    struct Refusal {
        let problem: Problem
        /// What it is counted as; as the problem when nil.
        let ending: RequestLog.Ending?
    }

    /// The address at the other end.
    var peer: String { client?.peer ?? context?.remoteAddress?.ipAddress ?? "" }

    /// Answers a request that never becomes whole, and takes note of it.
    /// - Parameter ending: what it is counted as; as the problem when nil.
    func refuse(_ problem: Problem, as ending: RequestLog.Ending? = nil) {
        guard let context, !isFinished else { return }
        guard !hasEarlier else {
            postponed = Refusal(problem: problem, ending: ending)
            return
        }
        guard !isAnswering else { return context.close(promise: nil) }
        // Of a head that is broken nothing is known, not even its identifier.
        let known = isReading ? head : nil
        let id = known?.headerFields[.requestID] ?? RequestID.new()
        let body = problem.body(requestID: id)
        var fields: HTTPFields = [
            .contentType: Problem.mediaType, .contentLength: "\(body.count)", .connection: "close",
            .xContentTypeOptions: "nosniff", .requestID: id,
        ]
        for field in problem.headers { fields.append(field) }
        context.write(
            wrapOutboundOut(.head(HTTPResponse(status: problem.kind.status, headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        // A client that stops in the middle of a body has left, as far as can be told, and whoever works for it says so.
        if known == nil || problem.kind != .unfinishedBody {
            client?.refused = id
            note(problem, id: id, known, bytes: body.count, ending)
        }
        client?.disconnect()
        linger(context)
    }

    private func note(
        _ problem: Problem, id: String, _ head: HTTPRequest?, bytes: Int, _ ending: RequestLog.Ending?
    ) {
        log.refused(
            RequestLog.Entry(
                id: id, client: peer, method: head?.method, path: head?.path.map { String($0.prefix { $0 != "?" }) },
                status: problem.kind.status.code, problem: problem.kind, bytes: bytes), as: ending)
    }
}
