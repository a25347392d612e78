extension HTTPHead {
    /// The size of the body; nil when it is not stated.
    var contentLength: Int? { first("content-length").flatMap { Int($0) } }
}

extension DownloadExchange {
    /// What the head says of the version of the file.
    /// - Throws: `.refused` for a compressed answer, `.mismatch` for another size than the expected one.
    func version(of head: HTTPHead, total: Int?) throws -> PartialFile.Version {
        let place = downloader.url.absoluteString
        let encoding = head.first("content-encoding") ?? "identity"
        guard encoding.lowercased() == "identity" else {
            throw DreamSimError(.refused, place, "the server compresses the file (\(encoding))")
        }
        if let total, let byteCount = downloader.byteCount, total != byteCount {
            throw DreamSimError(.mismatch, place, "the server offers \(total) bytes, \(byteCount) are expected")
        }
        return PartialFile.Version(
            url: place, entityTag: head.first("etag"), lastModified: head.first("last-modified"), total: total)
    }

    /// Checks that a part is of the same version and starts where the file ends.
    /// - Returns: the whole size.
    /// - Throws: `.refused` for another part than the one asked for, `OtherVersion` for one of another file.
    func checkRange(_ head: HTTPHead, _ resume: Downloader.Resumption) throws -> Int? {
        let text = head.first("content-range") ?? ""
        guard let range = ContentRange(text), range.first == resume.offset,
            range.total == nil || range.last == range.total.map({ $0 - 1 }),
            head.contentLength.map({ $0 == range.last - range.first + 1 }) ?? true
        else {
            // Asking for a range again would end here again.
            partial.remove()
            throw DreamSimError(
                .refused, address.absoluteString,
                "the range from \(resume.offset) was asked for and '\(text)' was sent; the partial file is removed, "
                    + "the next attempt starts over")
        }
        let version = try version(of: head, total: range.total)
        if let tag = version.entityTag, let known = resume.version.entityTag, tag != known {
            throw Downloader.OtherVersion()
        }
        if let total = range.total, let known = resume.version.total, total != known { throw Downloader.OtherVersion() }
        return range.total ?? resume.version.total
    }
}
