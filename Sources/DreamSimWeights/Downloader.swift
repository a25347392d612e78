import AsyncHTTPClient
import Foundation
import NIOCore

/// An answer that is neither the file nor a redirect.
struct HTTPStatusError: Error {
    let url: URL
    let status: Int

    /// Whether it may be otherwise a little later.
    var isPassing: Bool { status == 408 || status == 425 || status == 429 || status >= 500 }
}

/// Fetches one file by http, going on with what is there.
struct Downloader {
    let url: URL
    let configuration: ModelStore.Configuration
    /// Whether the whole file will be checked, so that a server without validators can be trusted with ranges.
    let sha256IsKnown: Bool
    let byteCount: Int?
    /// How many times the download's size is needed again for what it unpacks to.
    let spareBytes: Int
    var meter: ProgressMeter

    /// No file of weights is larger.
    static let maximumBytes = 1 << 36

    /// The bytes in the partial file are not of the version that the server has now.
    private struct OtherVersion: Error {}

    /// Makes the partial file whole.
    consuming func run(_ partial: inout PartialFile) async throws {
        var attempt = 1
        var delay = configuration.retryDelay
        var best = partial.count
        var restarts = 0
        while true {
            do {
                try await fetchOnce(partial)
                return
            } catch is OtherVersion {
                partial.remove()
                restarts += 1
                guard restarts <= 2 else {
                    throw ModelStoreError(
                        .refused, url.absoluteString, "the file on the server changes again and again; try later")
                }
            } catch {
                guard Self.isPassing(error), attempt < configuration.attempts else { throw failure(error, partial) }
                // A bad line that still gets on is given all the time it needs.
                let count = partial.count
                if count >= best + 8 << 20 {
                    (attempt, best, delay) = (0, count, configuration.retryDelay)
                }
                attempt += 1
                try await Task.sleep(for: delay)
                delay *= 2
            }
        }
    }

    // MARK: - One attempt

    private mutating func fetchOnce(_ partial: PartialFile) async throws {
        let resume = resumption(partial)
        if let resume, let total = resume.version.total, resume.offset == total { return }
        var visited: [URL] = []
        var current = url
        while true {
            let client = HTTPClient(
                eventLoopGroupProvider: .singleton,
                configuration: try HTTPClient.Configuration(configuration, host: current.host() ?? ""))
            let next: URL?
            do {
                next = try await exchange(client, current, visited, resume, partial)
            } catch {
                try? await client.shutdown()
                throw error
            }
            try? await client.shutdown()
            guard let next else { return }
            visited.append(current)
            current = next
        }
    }

    /// Where to go on; nil to start anew.
    private func resumption(_ partial: PartialFile) -> (offset: Int, version: PartialFile.Version)? {
        let offset = partial.count
        guard offset > 0, let version = partial.version(), version.url == url.absoluteString,
            version.validator != nil || sha256IsKnown, version.total.map({ offset <= $0 }) ?? true
        else { return nil }
        return (offset, version)
    }

    /// Asks one address, and takes the body if there is one.
    /// - Returns: the address to ask instead.
    private mutating func exchange(
        _ client: HTTPClient, _ current: URL, _ visited: [URL],
        _ resume: (offset: Int, version: PartialFile.Version)?, _ partial: PartialFile
    ) async throws -> URL? {
        var request = HTTPClientRequest(url: current.absoluteString)
        request.headers.add(name: "User-Agent", value: "dreamsim-swift")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        if let resume {
            request.headers.add(name: "Range", value: "bytes=\(resume.offset)-")
            if let validator = resume.version.validator { request.headers.add(name: "If-Range", value: validator) }
        }
        let response = try await client.execute(request, deadline: .distantFuture)
        let status = Int(response.status.code)
        switch status {
        case 301, 302, 303, 307, 308:
            return try RemotePolicy.follow(response.headers.first(name: "Location"), from: current, visited: visited)
        case 200:
            var version = try version(of: response, total: contentLength(response))
            version.total = version.total ?? byteCount
            let writer = try partial.restarting(version)
            try await receive(response, version.total, writer)
        case 206:
            guard let resume else {
                throw ModelStoreError(.refused, current.absoluteString, "a part was sent where the whole was asked for")
            }
            let total = try checkRange(response, current, resume, partial)
            let writer = try partial.appending()
            try await receive(response, total, writer)
        case 416 where resume != nil: throw OtherVersion()
        default: throw HTTPStatusError(url: current, status: status)
        }
        return nil
    }

    private func version(of response: HTTPClientResponse, total: Int?) throws -> PartialFile.Version {
        let encoding = response.headers.first(name: "Content-Encoding") ?? "identity"
        guard encoding.lowercased() == "identity" else {
            throw ModelStoreError(.refused, url.absoluteString, "the server compresses the file (\(encoding))")
        }
        if let total, let byteCount, total != byteCount {
            throw ModelStoreError(
                .mismatch, url.absoluteString, "the server offers \(total) bytes, \(byteCount) are expected")
        }
        return PartialFile.Version(
            url: url.absoluteString, entityTag: response.headers.first(name: "ETag"),
            lastModified: response.headers.first(name: "Last-Modified"), total: total)
    }

    private func contentLength(_ response: HTTPClientResponse) -> Int? {
        response.headers.first(name: "Content-Length").flatMap { Int($0) }
    }

    /// Checks that a part is of the same version and starts where the file ends.
    /// - Returns: the whole size.
    private func checkRange(
        _ response: HTTPClientResponse, _ current: URL, _ resume: (offset: Int, version: PartialFile.Version),
        _ partial: PartialFile
    ) throws -> Int? {
        let text = response.headers.first(name: "Content-Range") ?? ""
        guard let range = ContentRange(text), range.first == resume.offset,
            range.total == nil || range.last == range.total.map({ $0 - 1 }),
            contentLength(response).map({ $0 == range.last - range.first + 1 }) ?? true
        else {
            // Asking for a range again would end here again.
            partial.remove()
            throw ModelStoreError(
                .refused, current.absoluteString,
                "the range from \(resume.offset) was asked for and '\(text)' was sent; the partial file is removed, "
                    + "the next attempt starts anew")
        }
        let version = try version(of: response, total: range.total)
        if let tag = version.entityTag, let known = resume.version.entityTag, tag != known { throw OtherVersion() }
        if let total = range.total, let known = resume.version.total, total != known { throw OtherVersion() }
        return range.total ?? resume.version.total
    }

    /// Writes the body piece by piece; the next piece is asked for when the last is on disk.
    private mutating func receive(_ response: HTTPClientResponse, _ total: Int?, _ writer: FileWriter) async throws {
        let limit = total ?? Self.maximumBytes
        if let total, total <= Self.maximumBytes {
            let folder = writer.url.deletingLastPathComponent()
            try configuration.disk.checkRoom(
                for: total - writer.count + spareBytes * total, in: folder, "the download of \(url.lastPathComponent)")
        }
        meter.update(writer.count, of: total)
        for try await buffer in response.body {
            try Task.checkCancellation()
            guard writer.count + buffer.readableBytes <= min(limit, Self.maximumBytes) else {
                throw ModelStoreError(
                    .mismatch, url.absoluteString, "the server sends more than the \(limit) bytes that are expected")
            }
            do {
                try buffer.withUnsafeReadableBytes { try writer.write($0) }
            } catch let error as ModelStoreError where error.kind == .diskFull {
                throw diskFull(error, total, writer.count)
            }
            meter.update(writer.count, of: total)
        }
        if let total, writer.count < total {
            throw ModelStoreError(
                .interrupted, url.absoluteString, isResumable: true, "\(writer.count) of \(total) bytes were received")
        }
        try writer.synchronize()
        meter.update(writer.count, of: total ?? writer.count, isLast: true)
    }

    // MARK: - Errors

    private func diskFull(_ error: ModelStoreError, _ total: Int?, _ count: Int) -> ModelStoreError {
        let rest = total.map { "\($0 - count) bytes more are needed" } ?? "how much more is needed is not known"
        return ModelStoreError(
            .diskFull, error.place, isResumable: true,
            "the disk is full; \(rest). The \(count) bytes that are there are kept: make room and ask again")
    }

    private static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPStatusError: error.isPassing
        case let error as ModelStoreError: error.kind == .interrupted
        case is CancellationError: false
        case let error as HTTPClientError: error != .cancelled
        default: true
        }
    }

    /// What the user is told in the end.
    private func failure(_ error: any Error, _ partial: PartialFile) -> any Error {
        if error is CancellationError || error as? HTTPClientError == .cancelled { return CancellationError() }
        if error is ModelStoreError { return error }
        if let error = error as? HTTPStatusError, !error.isPassing { return error }
        let count = partial.count
        let advice =
            count > 0 ? "; the \(count) bytes that are there are kept, ask again to go on" : "; check the network"
        let what =
            switch error {
            case let error as HTTPStatusError: "the server answers \(error.status)"
            case let error as HTTPClientError where error == .readTimeout:
                "nothing arrived for \(configuration.stallTimeout)"
            case let error as HTTPClientError where error == .connectTimeout: "the server cannot be reached in time"
            default: "the connection failed (\(error))"
            }
        return ModelStoreError(
            count > 0 ? .interrupted : .network, url.absoluteString, isResumable: true,
            "\(what), after \(configuration.attempts) attempts\(advice)")
    }
}

/// The header `bytes first-last/total`.
struct ContentRange: Equatable {
    var first: Int
    var last: Int
    /// Nil for `*`.
    var total: Int?

    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /bytes\s+([0-9]{1,18})-([0-9]{1,18})\/([0-9]{1,18}|\*)/),
            let first = Int(match.1), let last = Int(match.2), first <= last
        else { return nil }
        self.first = first
        self.last = last
        total = Int(match.3)
        guard match.3 == "*" || last < (total ?? 0) else { return nil }
    }
}
