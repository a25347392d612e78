import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A request that was found to be one of a route's, with its parameters checked.
struct Call: Sendable {
    let route: Route
    let request: Request
    let core: ServiceCore
    /// Who asks, as far as turns are shared out: a token's name, or the address.
    let client: String
    /// The folder in which the client finds the service; empty where it is a site of its own.
    let place: String
    /// The end of the time that the body has; told when the body is there.
    let bodyIsRead: @Sendable () -> Void
    private let values: [String: Parameter.Value]

    /// Checks a request's parameters.
    /// - Throws: `Problem` for parameters that are unknown, given twice or have no meaning.
    init(
        _ route: Route, _ request: Request, path: [String: String], core: ServiceCore, client: String,
        place: String = "", bodyIsRead: @escaping @Sendable () -> Void
    ) throws(Problem) {
        (self.route, self.request, self.core, self.client) = (route, request, core, client)
        (self.place, self.bodyIsRead) = (place, bodyIsRead)
        var values: [String: Parameter.Value] = [:]
        for parameter in route.parameters where parameter.isInPath {
            values[parameter.name] = try parameter.value(path[parameter.name] ?? "")
        }
        for (name, text) in try Self.query(request) {
            guard let parameter = route.parameters.first(where: { $0.name == name && !$0.isInPath }) else {
                let known = route.parameters.filter { !$0.isInPath }.map(\.name)
                throw Problem(
                    .badParameter, "there is no parameter '\(name.prefix(80))'",
                    advice: known.isEmpty ? "this takes none" : Problem.choice("there is", "there are", known))
            }
            guard values[name] == nil else { throw Problem(.badParameter, "\(name): is given twice") }
            values[name] = try parameter.value(text)
        }
        for parameter in route.parameters where parameter.isRequired && values[parameter.name] == nil {
            throw Problem(.badParameter, "\(parameter.name) is missing", advice: parameter.summary)
        }
        self.values = values
    }

    private static func query(_ request: Request) throws(Problem) -> [(String, String)] {
        guard let query = request.uri.query, !query.isEmpty else { return [] }
        var pairs: [(String, String)] = []
        for part in query.split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func decoded(_ text: Substring) -> String? {
                text.replacing("+", with: " ").removingPercentEncoding
            }
            guard let name = decoded(sides[0]), let value = decoded(sides.count > 1 ? sides[1] : "") else {
                throw Problem(.badParameter, "the query is not encoded as it should be: '\(part.prefix(80))'")
            }
            pairs.append((name, value))
        }
        return pairs
    }

    func integer(_ name: String) -> Int? { if case .integer(let value)? = values[name] { value } else { nil } }
    func number(_ name: String) -> Double? { if case .number(let value)? = values[name] { value } else { nil } }
    func text(_ name: String) -> String? { if case .text(let value)? = values[name] { value } else { nil } }
    func names(_ name: String) -> [String]? { if case .names(let value)? = values[name] { value } else { nil } }
    func flag(_ name: String) -> Bool? { if case .flag(let value)? = values[name] { value } else { nil } }

    /// Which of some media types the client likes best; the first when it does not say.
    /// - Throws: `Problem` when it takes none of them.
    func accepted(_ types: [String]) throws(Problem) -> String {
        guard let header = request.headers[.accept] else { return types[0] }
        var best: (type: String, quality: Double)?
        for wish in header.split(separator: ",") {
            let wish = HeaderValue(String(wish))
            let quality = wish.parameters["q"].flatMap(Double.init) ?? 1
            for type in types where quality > (best?.quality ?? 0) && Self.covers(wish.value, type) {
                best = (type, quality)
            }
        }
        guard let best else {
            throw Problem(.notAcceptable, "the answer can be \(types.joined(separator: " or "))")
        }
        return best.type
    }

    private static func covers(_ wish: String, _ type: String) -> Bool {
        wish == type || wish == "*/*" || wish.hasSuffix("/*") && type.hasPrefix(wish.dropLast())
    }
}

extension Response {
    /// An answer in JSON.
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        bytes(Array(try JSON.line(value).utf8), "application/json", status: status, headers: headers)
    }

    /// An answer in some format.
    static func bytes(
        _ bytes: [UInt8], _ mediaType: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = mediaType
        headers[.contentLength] = "\(bytes.count)"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
