import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Answers requests: checks who asks and how, finds the route, and makes problems of errors.
struct ServiceResponder: HTTPResponder {
    let core: ServiceCore
    private let log: RequestLog
    private let routes: [Route]
    private let router: RouterResponder<RoutedContext>

    /// A request's context with what routes need.
    struct RoutedContext: RequestContext {
        var coreContext: CoreRequestContextStorage
        var bodyIsRead: @Sendable () -> Void = {}
        /// Who asks, as far as turns are shared out.
        var client = ""
        /// The folder in which the client finds the service.
        var place = ""

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
        }
    }

    init(_ core: ServiceCore, routes: [Route]) {
        (self.core, self.routes) = (core, routes)
        log = RequestLog(core)
        let router = Router(context: RoutedContext.self, options: [.autoGenerateHeadEndpoints])
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                var path: [String: String] = [:]
                for parameter in route.parameters where parameter.isInPath {
                    path[parameter.name] = context.parameters.get(parameter.name)?.removingPercentEncoding
                }
                return try await route.handle(
                    Call(
                        route, request, path: path, core: core, client: context.client,
                        place: context.place, bodyIsRead: context.bodyIsRead))
            }
        }
        self.router = router.buildResponder()
    }

    func respond(to original: Request, context: ServiceContext) async throws -> Response {
        let start = ContinuousClock.now
        // The connection has given it one.
        let id = RequestID.of(original.headers)
        let sender = core.sender(of: original.head, from: context.client)
        let request = core.inner(original, sender)
        let (route, work) = (route(request), WorkRecord())
        let connection = core.connections.client(of: context.channel)
        core.statistics.beginRequest()
        defer { core.statistics.endRequest() }
        var response: Response
        var kind: Problem.Kind?
        do {
            response = try await WorkRecord.$current.withValue(work) {
                try hold(try await answer(request, route, context, sender))
            }
        } catch {
            let problem = Problem(error)
            kind = problem.kind
            if problem.kind == .fault || (error as? DreamSimError)?.kind == .damaged { log.failed(id, error) }
            response = .bytes(
                problem.body(requestID: id), Problem.mediaType, status: problem.kind.status, headers: problem.headers)
            if request.method == .head { response = response.createHeadResponse() }
        }
        response.headers[.requestID] = id
        core.origins.mark(&response, to: request.head)
        Self.protect(&response)
        let sums = work.sums
        core.statistics.countCancelled(sums.cancelled)
        // Otherwise the connection has taken note of what its client was told.
        if connection?.refused != id {
            log.answered(
                RequestLog.Entry(
                    id: id, client: sender.client, token: sender.token?.name, method: request.method,
                    path: request.uri.path, route: route?.path, status: response.status.code, problem: kind,
                    bytes: response.body.contentLength ?? 0, seconds: (ContinuousClock.now - start).seconds,
                    work: sums))
        }
        return response
    }

    private func route(_ request: Request) -> Route? {
        let path = request.uri.path
        return routes.first { $0.method == request.method && $0.matches(path) }
            ?? (request.method == .head ? routes.first { $0.method == .get && $0.matches(path) } : nil)
    }

    private func answer(
        _ request: Request, _ route: Route?, _ context: ServiceContext, _ sender: Sender
    ) async throws -> Response {
        try core.hosts.check(request.head, from: sender)
        if let redirection = core.redirection(request, sender) { return redirection }
        if let answer = core.origins.preflight(request.head, methods: methods(request)) { return answer }
        let share = route?.isOpen == true ? nil : try core.share(for: sender)
        defer { withExtendedLifetime(share) {} }
        guard let route else { throw lost(request) }
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.unsupportedMedia, "a body in '\(encoding.prefix(40))'", advice: "send it as it is")
        }
        if let length = request.headers[.contentLength], (Int(length) ?? .max) > core.limits.bodyBytes {
            throw Problem(.tooLarge, "the body passes the limit of \(core.limits.bodyBytes) bytes")
        }
        let scope = RequestScope(context.channel, core)
        if route.images.isEmpty { scope.bodyIsRead() }
        let place = core.place(for: sender)
        return try await scope.run { [router] in
            var routed = RoutedContext(
                source: ApplicationRequestContextSource(channel: context.channel, logger: context.logger))
            routed.bodyIsRead = { scope.bodyIsRead() }
            (routed.client, routed.place) = (sender.share, place)
            return try await router.respond(to: request, context: routed)
        }
    }

    /// Counts a large answer among what is held, until it is sent.
    /// - Throws: `Problem` when too much is held already.
    private func hold(_ response: Response) throws(Problem) -> Response {
        guard let count = response.body.contentLength, count > Self.small else { return response }
        guard let share = core.budget.share(count) else {
            throw Problem.passing(.overload, "the answers of all requests take too much memory", retryAfter: 1)
        }
        var response = response
        let body = response.body
        response.body = ResponseBody(contentLength: count) { writer in
            try await body.write(writer)
            withExtendedLifetime(share) {}
        }
        return response
    }

    /// The size up to which an answer is not worth counting.
    private static let small = 64 << 10

    /// Why a request has no route.
    private func lost(_ request: Request) -> Problem {
        let methods = methods(request)
        guard !methods.isEmpty else {
            return Problem(
                .notFound, "there is no '\(request.uri.path.prefix(200))'",
                advice: "/v1/openapi.json lists what there is")
        }
        let allowed = methods.joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed, "\(request.method.rawValue.prefix(40)) is not allowed here; \(allowed) is")
        problem.headers[.allow] = allowed
        return problem
    }

    /// With which methods a path can be asked for.
    private func methods(_ request: Request) -> [String] {
        let methods = routes.filter { $0.matches(request.uri.path) }.map(\.method.rawValue)
        return methods + (methods.contains("GET") ? ["HEAD"] : [])
    }

    /// Header fields that keep browsers from making anything else of an answer.
    private static func protect(_ response: inout Response) {
        func standard(_ name: HTTPField.Name, _ value: String) {
            if response.headers[name] == nil { response.headers[name] = value }
        }
        standard(.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
        standard(.cacheControl, "no-store")
        standard(.xContentTypeOptions, "nosniff")
        standard(.referrerPolicy, "no-referrer")
        standard(.resourcePolicy, "same-origin")
        standard(.openerPolicy, "same-origin")
    }
}
