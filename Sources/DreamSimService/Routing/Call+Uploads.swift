import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension Call {
    /// The images of the body, by the fields of the route.
    /// - Throws: `Problem` when the body is none of what the route takes, or passes a limit.
    func uploads() async throws -> [String: [Upload]] {
        try core.engine().batcher.checkRoom()
        let type = HeaderValue(request.headers[.contentType] ?? "")
        let raw = route.rawField.flatMap { field in
            type.value.hasPrefix("image/") || type.value == "application/octet-stream" ? field.name : nil
        }
        guard raw != nil || ["multipart/form-data", "application/json"].contains(type.value) else {
            throw Problem(
                .unsupportedMedia,
                type.value.isEmpty
                    ? "the request does not say what its body is (Content-Type)"
                    : "the body comes as '\(type.value.prefix(80))', which is not taken here",
                advice: "send multipart/form-data or JSON with \(route.images.map(\.name).joined(separator: ", "))"
                    + (route.rawField == nil ? "" : ", or the image itself as image/* or application/octet-stream"))
        }
        let (bytes, share) = try await body()
        if let raw { return try sorted([Upload(field: raw, name: raw, source: .bytes(bytes), share: share)]) }
        // Each image is copied out of the body.
        guard share.grow(by: bytes.count) else { throw Self.memory }
        let uploads =
            if type.value == "application/json" { try await json(bytes, share) } else {
                try form(bytes, type.parameters["boundary"], share)
            }
        return try sorted(uploads)
    }

    /// The only image of a field.
    static func one(_ uploads: [String: [Upload]], _ field: String) throws(Problem) -> Upload {
        guard let upload = uploads[field]?.first else { throw Problem(.badRequest, "'\(field)' is missing") }
        return upload
    }

    /// The images of a form.
    private func form(_ bytes: [UInt8], _ boundary: String?, _ share: ByteBudget.Share) throws(Problem) -> [Upload] {
        guard let boundary, (1...70).contains(boundary.utf8.count) else {
            throw Problem(.badRequest, "multipart/form-data needs a boundary of 1 to 70 characters")
        }
        let form = try Multipart(bytes, boundary: boundary, most: core.limits.images)
        let names = Self.displayedNames(form.parts.map { (field: $0.name, name: $0.fileName) })
        return zip(form.parts, names).map { part, name in
            Upload(
                field: part.name, name: name, source: .bytes(Array(bytes[part.content])), share: share)
        }
    }

    /// The images of a body in JSON, and those that it names.
    private func json(_ bytes: [UInt8], _ share: ByteBudget.Share) async throws -> [Upload] {
        let most = core.limits.images
        // Every byte is looked at, which is no work for the threads of the network.
        let body = try await core.engine().images.run(for: client) { try JSONImages(bytes, most: most) }
        let names = Self.displayedNames(body.parts.map { (field: $0.field, name: $0.name) })
        return try zip(body.parts, names).map { part, name in
            switch part.source {
            case .bytes(let data):
                return Upload(field: part.field, name: name, source: .bytes(data), share: share)
            case .path(let path):
                guard core.root != nil else {
                    throw Problem(
                        .badRequest, "'\(part.field.prefix(80))' is a path, and the service has no folder of files",
                        advice: "send the image as {\"name\": NAME, \"data\": BASE64}")
                }
                return Upload(field: part.field, name: path, source: .file(try core.file(path)), share: nil)
            }
        }
    }

    private func sorted(_ uploads: [Upload]) throws(Problem) -> [String: [Upload]] {
        WorkRecord.current?.note(images: uploads.count)
        var fields: [String: [Upload]] = [:]
        for upload in uploads {
            let field = upload.field ?? ""
            guard route.images.contains(where: { $0.name == field }) else {
                throw Problem(
                    .badRequest, "there is no field '\(field.prefix(80))'",
                    advice: route.parameters.contains { $0.name == field }
                        ? "it is a parameter of the address: ?\(field)=…"
                        : Problem.choice("there is", "there are", route.images.map(\.name)))
            }
            fields[field, default: []].append(upload)
        }
        for field in route.images {
            let count = fields[field.name]?.count ?? 0
            guard field.count.contains(count) else {
                let (least, most) = (field.count.lowerBound, field.count.upperBound)
                let wanted = least == most ? Self.times(most) : "\(least) to \(Self.times(most))"
                throw Problem(
                    .badRequest, "'\(field.name)' is \(count == 0 ? "missing" : "given \(Self.times(count))")",
                    advice: "give it \(wanted)")
            }
        }
        return fields
    }

    /// How often, in words.
    private static func times(_ count: Int) -> String {
        switch count {
        case 1: "once"
        case 2: "twice"
        default: "\(count) times"
        }
    }

    private static let memory = Problem.passing(
        .overload, "the bodies of all requests take too much memory", retryAfter: 1)

    /// Reads the body, no further than the limits.
    private func body() async throws -> ([UInt8], ByteBudget.Share) {
        let limit = core.limits.bodyBytes
        let tooLarge = Problem(
            .tooLarge, "the body passes the limit of \(limit) bytes", advice: "send fewer or smaller images")
        let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard announced <= limit else { throw tooLarge }
        guard let share = core.budget.share(announced) else { throw Self.memory }
        var bytes: [UInt8] = []
        // Memory that is not written to costs nothing; growing would take twice as much.
        bytes.reserveCapacity(announced)
        do {
            for try await buffer in request.body {
                WorkRecord.current?.note(bytes: buffer.readableBytes)
                guard bytes.count + buffer.readableBytes <= limit else { throw tooLarge }
                if bytes.count + buffer.readableBytes > announced {
                    guard share.grow(by: buffer.readableBytes) else { throw Self.memory }
                }
                bytes.append(contentsOf: buffer.readableBytesView)
            }
        } catch  where !(error is Problem || error is NIOTooManyBytesError || error is CancellationError) {
            // Bytes that come are sound; what fails is the connection.
            throw Problem(.disconnected, "the connection ended before the body did: \(error)")
        }
        bodyIsRead()
        try Task.checkCancellation()
        guard bytes.count >= announced else { throw Problem(.unfinishedBody, "the body ends too early") }
        return (bytes, share)
    }

    /// What images are called: by their files, else by their fields, with their numbers in fields of several.
    private static func displayedNames(_ parts: [(field: String, name: String?)]) -> [String] {
        let fields = Dictionary(grouping: parts.indices) { parts[$0].field }
        return parts.enumerated().map { place, part in
            if let name = displayed(part.name) { return name }
            guard let places = fields[part.field], places.count > 1, let number = places.firstIndex(of: place) else {
                return part.field
            }
            return "\(part.field) \(number + 1)"
        }
    }

    /// A file's name as it can be shown: its last component, without control characters, not too long; nil when there is none.
    private static func displayed(_ name: String?) -> String? {
        guard let name, !name.isEmpty else { return nil }
        let last = name.split { $0 == "/" || $0 == "\\" }.last ?? "image"
        let scalars = last.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }
        return String(String(String.UnicodeScalarView(scalars)).prefix(200))
    }
}
