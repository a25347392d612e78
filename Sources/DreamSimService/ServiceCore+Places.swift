import Hummingbird

/// Where a proxy may have put the service.
extension ServiceCore {
    /// A request with the path that it would have if the service were a site of its own.
    func inner(_ request: Request, _ sender: Sender) -> Request {
        let path = base.inner(request.head.path ?? "/")
        return request.at(sender.prefix.flatMap { BasePath($0) }?.inner(path) ?? path)
    }

    /// The folder in which clients find the service; empty when it is a site of its own.
    func place(for sender: Sender) -> String { sender.prefix ?? base.text }

    /// The way to the page for whoever asks for its folder without the slash at the end; nil for others.
    func redirection(_ request: Request, _ sender: Sender) -> Response? {
        let path = request.head.path ?? "/"
        guard base.lacksSlash(path) || sender.prefix.flatMap({ BasePath($0) })?.lacksSlash(path) == true else {
            return nil
        }
        let query = request.uri.query.map { "?" + $0 } ?? ""
        return Response(
            status: .permanentRedirect,
            headers: [.location: place(for: sender) + "/" + query, .contentLength: "0"])
    }
}
