import DreamSimRetrieval
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Why a request has no result, as RFC 9457 tells it to clients: `application/problem+json`.
package struct Problem: Error {
    /// The sorts of problems. Their raw values are the ends of the problems' types, and stay the same.
    package enum Kind: String, CaseIterable {
        case badRequest = "bad-request"
        case badParameter = "bad-parameter"
        case unfinishedBody = "unfinished-body"
        case unauthorized = "unauthorized"
        case foreignOrigin = "foreign-origin"
        case readOnly = "read-only"
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case notAcceptable = "not-acceptable"
        case slowRequest = "slow-request"
        case tooLarge = "too-large"
        case unsupportedMedia = "unsupported-media"
        case foreignHost = "foreign-host"
        case unusableImage = "unusable-image"
        case incomparable = "incomparable"
        case headersTooLarge = "headers-too-large"
        case tooManyRequests = "too-many-requests"
        case fault = "fault"
        case overload = "overload"
        case loading = "loading"
        case deadline = "deadline"
        case disconnected = "disconnected"
        case unavailable = "unavailable"

        /// The status that comes with it.
        var status: HTTPResponse.Status {
            switch self {
            case .badRequest, .badParameter, .unfinishedBody: .badRequest
            case .unauthorized: .unauthorized
            case .foreignOrigin, .readOnly: .forbidden
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .notAcceptable: .notAcceptable
            case .slowRequest: .requestTimeout
            case .tooLarge: .contentTooLarge
            case .unsupportedMedia: .unsupportedMediaType
            case .foreignHost: .misdirectedRequest
            case .unusableImage, .incomparable: .unprocessableContent
            case .headersTooLarge: .requestHeaderFieldsTooLarge
            case .tooManyRequests: .tooManyRequests
            case .fault: .internalServerError
            case .overload, .loading, .deadline, .unavailable: .serviceUnavailable
            // Nobody reads it; logs and counters do.
            case .disconnected: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
            }
        }

        /// What it is, in a line; the same for all of its kind.
        var title: String {
            switch self {
            case .badRequest: "The request cannot be understood"
            case .badParameter: "A parameter has no meaning"
            case .unfinishedBody: "The body ends too early"
            case .unauthorized: "A token is needed"
            case .foreignOrigin: "Cross-origin request refused"
            case .readOnly: "The indexes are not to be changed"
            case .notFound: "There is nothing here"
            case .methodNotAllowed: "Method not allowed"
            case .notAcceptable: "No acceptable format"
            case .slowRequest: "The request came too slowly"
            case .tooLarge: "The request is too large"
            case .unsupportedMedia: "The format is not supported"
            case .foreignHost: "This service has another name"
            case .unusableImage: "An image cannot be used"
            case .incomparable: "The images cannot be compared in this way"
            case .headersTooLarge: "The request's head is too large"
            case .tooManyRequests: "Too many requests"
            case .fault: "Something went wrong in the service"
            case .overload: "Service overloaded"
            case .loading: "The models are still being loaded"
            case .deadline: "It took too long"
            case .disconnected: "Client closed request"
            case .unavailable: "What the service needs is not there"
            }
        }
    }

    /// The sort of problem.
    package let kind: Kind
    /// What is wrong this time.
    package let detail: String
    /// What to do about it.
    var advice: String?
    /// The images that keep the request from having a result, where it is images.
    var failures: [Failure] = []
    /// Further header fields.
    var headers = HTTPFields()

    init(_ kind: Kind, _ detail: String, advice: String? = nil) {
        (self.kind, self.detail, self.advice) = (kind, detail, advice)
    }

    /// A problem that passes with time.
    static func passing(_ kind: Kind, _ detail: String, retryAfter seconds: Int) -> Problem {
        var problem = Problem(kind, detail, advice: "try again in \(seconds) s")
        problem.headers[.retryAfter] = "\(seconds)"
        return problem
    }

    private struct Body: Encodable {
        let type, title: String
        let status: Int
        let detail: String
        let advice: String?
        let failures: [Failure]?
        let requestId: String?
    }

    /// The media type of problems.
    static let mediaType = "application/problem+json"

    /// The bytes that tell of it.
    func body(requestID: String?) -> [UInt8] {
        let body = Body(
            type: kind.type, title: kind.title, status: kind.status.code, detail: detail,
            advice: advice, failures: failures.isEmpty ? nil : failures, requestId: requestID)
        return Array(((try? JSON.line(body)) ?? "{}").utf8)
    }
}

extension Problem {
    /// What clients are told of an error.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as Overload:
            self = .passing(.overload, "more images wait than are accepted", retryAfter: error.retryAfter)
        case let error as DreamSimError: self.init(error)
        case is NIOTooManyBytesError: self.init(.tooLarge, "the body is larger than is accepted")
        default: self = .hidden
        }
    }

    private init(_ error: DreamSimError) {
        switch error.kind {
        case .incomparable, .incompatible, .badSetting: self.init(.incomparable, "\(error)")
        case .badRequest: self.init(.badParameter, "\(error)")
        case .unsupported: self.init(.unsupportedMedia, "\(error)")
        case .limitExceeded: self.init(.tooLarge, "\(error)")
        case .malformed, .truncated: self.init(.unusableImage, "\(error)")
        // Of weights that are loaded nothing but what they compute can be bad.
        case .badWeights: self.init(.fault, "\(error.subject): \(error.problem)", advice: error.remedy)
        case .damaged: self = .unavailable("the index", error, in: URL(filePath: error.subject))
        // What went wrong inside may name files of this machine; the log has it.
        default: self = .hidden
        }
    }

    /// Something that the service was started with cannot be used now.
    /// - Parameter folder: where it lies, which is nobody's business.
    static func unavailable(_ what: String, _ error: any Error, in folder: URL) -> Problem {
        let error = error as? DreamSimError
        let reason = error?.problem ?? "it cannot be read"
        let shown = "\(what) cannot be used: " + reason.replacing(folder.path, with: folder.lastPathComponent)
        // What is damaged stays so until somebody mends it.
        if let error, [.damaged, .incompatible, .newerVersion].contains(error.kind) {
            return Problem(.unavailable, shown, advice: error.remedy)
        }
        return passing(.unavailable, shown, retryAfter: 10)
    }

    private static let hidden = Problem(
        .fault, "the request could not be answered", advice: "the service's log says more")
}

extension Problem {
    /// Advice of one name or of several.
    static func choice(_ one: String, _ several: String, _ names: [String]) -> String {
        "\(names.count == 1 ? one : several) \(names.joined(separator: ", "))"
    }
}

extension Problem: CustomStringConvertible {
    /// What clients are told, for answers that hold it as a reason.
    package var description: String { detail }
}
