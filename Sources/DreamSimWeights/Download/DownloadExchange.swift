import Foundation

/// One request of a download and its answer, which is written as it comes. Used on one thread alone.
final class DownloadExchange {
    /// Tells how far the download is.
    private(set) var meter: ProgressMeter
    /// What is fetched.
    let downloader: Downloader
    /// The address that is asked.
    let address: URL
    /// Where to resume; nil for the whole.
    let resume: Downloader.Resumption?
    /// Where the bytes go.
    let partial: PartialFile
    private let visited: [URL]
    /// The address to ask instead.
    private var next: URL?
    /// The file, once there are bytes for it.
    private var writer: FileWriter?
    /// The size of the whole file; nil when that is not known.
    private var total: Int?

    /// - Parameters:
    ///   - address: the address to ask.
    ///   - visited: those that led there.
    init(
        _ downloader: Downloader, _ address: URL, _ visited: [URL], _ resume: Downloader.Resumption?,
        _ partial: PartialFile
    ) {
        (self.downloader, self.address, self.visited) = (downloader, address, visited)
        (self.resume, self.partial, meter) = (resume, partial, downloader.meter)
    }

    /// Asks the address, and takes the body if there is one.
    /// - Returns: the address to ask instead.
    func perform(_ cancellation: CancellationFlag) throws -> URL? {
        var fields = [(name: "Accept-Encoding", value: "identity")]
        if let resume {
            fields.append(("Range", "bytes=\(resume.offset)-"))
            if let validator = resume.version.validator { fields.append(("If-Range", validator)) }
        }
        let transfer = try HTTPTransfer(address, fields: fields, downloader.configuration)
        try transfer.perform(
            into: TransferSink(
                stallTimeout: downloader.configuration.stallTimeout, cancellation: cancellation,
                onHead: { [unowned self] in try begin($0) }, onPiece: { [unowned self] in try take($0) }))
        if next == nil { try finish() }
        return next
    }

    /// Decides by the head of the answer.
    /// - Returns: whether the body is wanted.
    private func begin(_ head: HTTPHead) throws -> Bool {
        switch head.status {
        case 301, 302, 303, 307, 308:
            next = try RemotePolicy.follow(head.first("location"), from: address, visited: visited)
            return false
        case 200:
            var version = try version(of: head, total: head.contentLength)
            version.total = version.total ?? downloader.byteCount
            total = version.total
            try open(partial.restarting(version))
        case 206:
            guard let resume else {
                throw DreamSimError(.refused, address.absoluteString, "a part was sent where the whole was asked for")
            }
            total = try checkRange(head, resume)
            try open(partial.appending())
        case 416 where resume != nil: throw Downloader.OtherVersion()
        default: throw HTTPStatusError(url: address, status: head.status)
        }
        return true
    }

    private func open(_ writer: FileWriter) throws {
        self.writer = writer
        if let total, total <= Downloader.maximumBytes {
            let folder = writer.url.deletingLastPathComponent()
            try downloader.configuration.disk.checkRoom(
                for: total - writer.count + downloader.spareBytes * total, in: folder,
                "the download of \(downloader.url.lastPathComponent)")
        }
        meter.update(writer.count, of: total)
    }

    /// Writes a piece of the body.
    private func take(_ piece: UnsafeRawBufferPointer) throws {
        guard let writer else { preconditionFailure("a body before its head") }
        let limit = total ?? Downloader.maximumBytes
        guard writer.count + piece.count <= min(limit, Downloader.maximumBytes) else {
            throw DreamSimError(
                .mismatch, downloader.url.absoluteString,
                "the server sends more than the \(limit) bytes that are expected")
        }
        do {
            try writer.write(piece)
        } catch {
            throw error.kind == .diskFull ? diskFull(error, writer.count) : error
        }
        meter.update(writer.count, of: total)
    }

    /// Makes the bytes durable when all are there.
    private func finish() throws {
        guard let writer else { preconditionFailure("an answer without a body") }
        if let total, writer.count < total {
            throw DreamSimError(
                .interrupted, downloader.url.absoluteString, isResumable: true,
                "\(writer.count) of \(total) bytes were received")
        }
        try writer.synchronize()
        meter.update(writer.count, of: total ?? writer.count, isLast: true)
    }

    private func diskFull(_ error: DreamSimError, _ count: Int) -> DreamSimError {
        let rest = total.map { "\($0 - count) bytes more are needed" } ?? "how much more is needed is not known"
        return DreamSimError(
            .diskFull, error.subject, isResumable: true,
            "the disk is full; \(rest). The \(count) bytes that are there are kept: make room and ask again")
    }
}
