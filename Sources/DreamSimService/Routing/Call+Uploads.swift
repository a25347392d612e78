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
        let isRaw = type.value.hasPrefix("image/") || type.value == "application/octet-stream"
        let isPaths = type.value == "application/json" && core.root != nil
        guard type.value == "multipart/form-data" || isPaths || isRaw && route.images.count == 1 else {
            throw Problem(
                .unsupportedMedia, "the body comes as '\(type.value.prefix(80))', which is not taken here",
                advice: "send multipart/form-data with \(route.images.map(\.name).joined(separator: ", "))"
                    + (route.images.count == 1 ? ", or the image itself as image/* or application/octet-stream" : "")
                    + (type.value == "application/json"
                        ? "; paths need a service that allows a folder of files" : ""))
        }
        let (bytes, share) = try await body()
        var uploads: [(field: String, upload: Upload)] = []
        if isRaw {
            let field = route.images[0].name
            uploads = [(field, Upload(field: field, name: field, source: .bytes(bytes), share: share))]
        } else if isPaths {
            uploads = try paths(bytes)
        } else {
            guard let boundary = type.parameters["boundary"], (1...70).contains(boundary.utf8.count) else {
                throw Problem(.badRequest, "multipart/form-data needs a boundary of 1 to 70 characters")
            }
            let form = try Multipart(bytes, boundary: boundary, most: core.limits.images + 8)
            // Each part is copied out of the body.
            guard share.grow(by: bytes.count) else { throw Self.memory }
            for (number, part) in form.parts.enumerated() {
                let name = part.fileName.flatMap { $0.isEmpty ? nil : Self.displayed($0) }
                uploads.append(
                    (
                        part.name,
                        Upload(
                            field: part.name, name: name ?? "\(part.name) \(number + 1)",
                            source: .bytes(Array(bytes[part.content])),
                            share: share)
                    ))
            }
        }
        return try sorted(uploads)
    }

    /// The only image of a field.
    static func one(_ uploads: [String: [Upload]], _ field: String) throws(Problem) -> Upload {
        guard let upload = uploads[field]?.first else { throw Problem(.badRequest, "'\(field)' is missing") }
        return upload
    }

    private func sorted(_ uploads: [(field: String, upload: Upload)]) throws(Problem) -> [String: [Upload]] {
        WorkRecord.current?.note(images: uploads.count)
        var fields: [String: [Upload]] = [:]
        for (field, upload) in uploads {
            guard route.images.contains(where: { $0.name == field }) else {
                throw Problem(
                    .badRequest, "there is no field '\(field.prefix(80))'",
                    advice: "there are \(route.images.map(\.name).joined(separator: ", "))")
            }
            fields[field, default: []].append(upload)
        }
        guard uploads.count <= core.limits.images else {
            throw Problem(
                .tooLarge, "\(uploads.count) images pass the limit of \(core.limits.images)",
                advice: "send them in several requests")
        }
        for field in route.images {
            let count = fields[field.name]?.count ?? 0
            guard field.count.contains(count) else {
                let wanted =
                    field.count.lowerBound == field.count.upperBound
                    ? "\(field.count.lowerBound)" : "\(field.count.lowerBound) to \(field.count.upperBound)"
                throw Problem(.badRequest, "'\(field.name)' is given \(count) times; it is needed \(wanted) times")
            }
        }
        return fields
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

    /// A file's name as it can be shown: its last component, without control characters, not too long.
    private static func displayed(_ name: String) -> String {
        let last = name.split { $0 == "/" || $0 == "\\" }.last ?? "image"
        let scalars = last.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }
        return String(String(String.UnicodeScalarView(scalars)).prefix(200))
    }

    // MARK: Paths

    /// The files that a body in JSON names, such as `{"reference": "a.png", "image": ["b.png"]}`.
    private func paths(_ bytes: [UInt8]) throws -> [(field: String, upload: Upload)] {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] else {
            throw Problem(.badRequest, "the body is not a JSON object of paths")
        }
        return try object.sorted { $0.key < $1.key }.flatMap { field, value in
            guard let paths = (value as? String).map({ [$0] }) ?? (value as? [String]) else {
                throw Problem(.badRequest, "'\(field.prefix(80))' is neither a path nor a list of paths")
            }
            guard paths.count <= core.limits.images else {
                throw Problem(.tooLarge, "\(paths.count) images pass the limit of \(core.limits.images)")
            }
            return try paths.map { path in
                (field, Upload(field: field, name: path, source: .file(try core.file(path)), share: nil))
            }
        }
    }
}
