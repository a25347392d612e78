import Foundation

/// Fetches one file by http, going on with what is there.
struct Downloader {
    /// The address first asked.
    let url: URL
    /// The settings of the store.
    let configuration: ModelStore.Configuration
    /// Whether the whole file will be checked, so that a server without validators can be trusted with ranges.
    let sha256IsKnown: Bool
    /// The size that the file must have; nil when that is not known.
    let byteCount: Int?
    /// How many times the download's size is needed again for what it unpacks to.
    let spareBytes: Int
    /// Tells how far it is.
    var meter: ProgressMeter

    /// No file of weights is larger.
    static let maximumBytes = 1 << 36

    /// The bytes in the partial file are not of the version that the server has now.
    struct OtherVersion: Error {}

    /// Where to resume, and with which version of the file.
    struct Resumption {
        /// The bytes that are there.
        let offset: Int
        /// The version they are of.
        let version: PartialFile.Version
    }

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
                    throw DreamSimError(
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
        while let next = try await exchange(current, visited, resume, partial) {
            visited.append(current)
            current = next
        }
    }

    /// Where to resume; nil to start anew.
    private func resumption(_ partial: PartialFile) -> Resumption? {
        let offset = partial.count
        guard offset > 0, let version = partial.version(), version.url == url.absoluteString,
            version.validator != nil || sha256IsKnown, version.total.map({ offset <= $0 }) ?? true
        else { return nil }
        return Resumption(offset: offset, version: version)
    }

    /// Asks one address, and takes the body if there is one.
    /// - Returns: the address to ask instead.
    private mutating func exchange(
        _ current: URL, _ visited: [URL], _ resume: Resumption?, _ partial: PartialFile
    ) async throws -> URL? {
        let downloader = self
        let (result, meter) = await OwnThread.run("dreamsim.transfer") { cancellation in
            HTTPTransfer.ignoreBrokenPipes()
            let exchange = DownloadExchange(downloader, current, visited, resume, partial)
            let result = Result { try exchange.perform(cancellation) }
            return (result, exchange.meter)
        }
        self.meter = meter
        return try result.get()
    }
}
