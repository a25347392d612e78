import HTTPTypes
import Hummingbird

/// What can be asked, declared once: requests are matched and checked by it, and the OpenAPI document is made of it.
struct Route: Sendable {
    /// A field of the body that holds images.
    struct ImageField: Sendable {
        let name: String
        let count: ClosedRange<Int>
        let summary: String
    }

    /// A format of the answer.
    struct Answer: Sendable {
        var status = HTTPResponse.Status.ok
        let mediaType: String
        /// The shape of JSON; nil for other formats.
        var schema: JSONValue?
        let summary: String
        /// The header fields that it has, beside those of all answers.
        var headers: [HTTPField.Name] = []
        /// The header fields that it has at times.
        var mayHave: [HTTPField.Name] = []

        /// An answer in JSON.
        static func json(
            _ schema: JSONValue, _ summary: String, status: HTTPResponse.Status = .ok, headers: [HTTPField.Name] = []
        ) -> Answer {
            Answer(
                status: status, mediaType: "application/json", schema: schema, summary: summary, headers: headers)
        }
    }

    let method: HTTPRequest.Method
    /// The path, with parameters in braces.
    let path: String
    /// What it does, in a line.
    let summary: String
    /// Under which heading it stands.
    let tag: String
    var parameters: [Parameter] = []
    /// What the body holds; nothing when empty.
    var images: [ImageField] = []
    let answers: [Answer]
    /// The problems that it may have, beside those that all have.
    var problems: [Problem.Kind] = []
    /// Whether it is answered without the token.
    var isOpen = false
    /// Whether it stands in the OpenAPI document.
    var isDocumented = true
    /// Answers a request.
    let handle: @Sendable (Call) async throws -> Response

    /// The problems that any route may have.
    static let commonProblems: [Problem.Kind] = [
        .badRequest, .unfinishedBody, .badParameter, .foreignOrigin, .unsupportedMedia, .foreignHost, .slowRequest,
        .headersTooLarge, .tooLarge, .fault, .overload, .deadline,
    ]
    /// The problems of routes that take images.
    static let imageProblems: [Problem.Kind] = [.unusableImage, .incomparable, .loading, .notFound]

    /// All problems that it may have, each once.
    var allProblems: [Problem.Kind] {
        var all = Set(Self.commonProblems + problems + (images.isEmpty ? [] : Self.imageProblems))
        if !isOpen { all.formUnion([.unauthorized, .tooManyRequests]) }
        return Problem.Kind.allCases.filter(all.contains)
    }

    /// The field of which a body can be the only image; nil when images have to be named or to be several.
    var rawField: ImageField? { images.count == 1 && images[0].count.contains(1) ? images[0] : nil }

    /// Whether a path is one of this route's, whatever the method.
    func matches(_ path: String) -> Bool {
        let (mine, theirs) = (
            self.path.split(separator: "/", omittingEmptySubsequences: false),
            path.split(separator: "/", omittingEmptySubsequences: false)
        )
        return mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }
}
