import DreamSimCheckpoints
package import Foundation

/// What checking a file of weights found.
package struct VerificationResult: Sendable, Hashable {
    /// What the digest was compared with, and how that went.
    package enum Outcome: Sendable, Hashable {
        /// The file has the digest of the catalog.
        case matchesCatalog
        /// The publisher states no digest; the file is what was first fetched.
        case matchesRecord
        /// There is no digest to compare with, as for a file that was put there by hand.
        case unrecorded
        /// The file is not there.
        case missing
        /// The file is not what it should be.
        case differs(expected: String)
    }

    /// The relative path in the weights folder.
    package let path: String
    /// Where the file is.
    package let url: URL?
    /// The file's SHA-256 now.
    package let sha256: String?
    /// The comparison.
    package let outcome: Outcome

    /// Whether the file is there and nothing speaks against it.
    package var isGood: Bool {
        switch outcome {
        case .matchesCatalog, .matchesRecord, .unrecorded: true
        case .missing, .differs: false
        }
    }
}

/// What was met when a source was fetched; kept in `records`.
struct FetchRecord: Codable {
    var place: String
    /// Of the download.
    var sha256: String
    /// The digest of each file, by its path.
    var files: [String: String]
}

extension ModelStore {
    /// Reads the files of a source in full and compares their SHA-256 with the catalog's, else with those that were
    /// recorded when they were fetched.
    /// - Throws: `.fileSystem` when a file that is there cannot be read, `.unreadable` when no file is in its place.
    package func verify(_ source: WeightSource) throws(DreamSimError) -> [VerificationResult] {
        let record = readRecord(source)
        var results: [VerificationResult] = []
        for item in source.items {
            let present = item.candidates.first { locate($0.path) != nil } ?? item
            guard let url = locate(present.path) else {
                for candidate in item.candidates { try checkPlace(of: candidate.path) }
                results.append(VerificationResult(path: item.path, url: nil, sha256: nil, outcome: .missing))
                continue
            }
            let digest = try Self.sha256(of: url)
            let outcome: VerificationResult.Outcome
            if let expected = source.publishedDigest(of: present) {
                outcome = digest == expected ? .matchesCatalog : .differs(expected: expected)
            } else if let expected = record?.files[present.path] {
                outcome = digest == expected ? .matchesRecord : .differs(expected: expected)
            } else {
                outcome = .unrecorded
            }
            results.append(VerificationResult(path: present.path, url: url, sha256: digest, outcome: outcome))
        }
        return results
    }

    /// The digest of a file that is about to be loaded, once nothing speaks against the file. Remembered as
    /// `digest(of:)` is, so that damage that left the file's time as it was is found by `verify` only.
    /// - Parameters:
    ///   - sources: what may have yielded the file.
    ///   - note: is told when a file of the user's own folder is not the published one, which may be meant.
    /// - Throws: `.badWeights` when a file in this store is not the one that was published or fetched; `.fileSystem`.
    package func confirmedDigest(
        of url: URL, from sources: [WeightSource], note: (String) -> Void
    ) throws(DreamSimError) -> String {
        let digest = try digest(of: url)
        for source in sources {
            for item in source.items.flatMap(\.candidates) where locate(item.path) == url {
                let isOwn = url == weightsFolder.appending(path: item.path)
                let published = source.publishedDigest(of: item)
                guard let expected = published ?? (isOwn ? readRecord(source)?.files[item.path] : nil),
                    expected != digest
                else { continue }
                let problem =
                    "is not the file that was \(published == nil ? "fetched" : "published") (SHA-256 "
                    + "\(digest.prefix(12))… instead of \(expected.prefix(12))…)"
                guard isOwn else {
                    note("\(url.path) \(problem): results are those of your own file")
                    continue
                }
                throw DreamSimError(
                    .badWeights, subject: url.path, problem: "\(problem): it is damaged, or was replaced",
                    remedy: "remove it, and it is fetched anew")
            }
        }
        return digest
    }

    /// The SHA-256 of the download a source came from, as it was met; nil when it was never fetched here.
    package func recordedDigest(of source: WeightSource) -> String? {
        readRecord(source)?.sha256
    }

    /// Removes what was fetched of a source: its files, its record, and what is half fetched. The user's own folder is
    /// left alone.
    /// - Throws: `.fileSystem` when something cannot be removed, or while another process fetches the source.
    package func remove(_ source: WeightSource) throws(DreamSimError) {
        try DurableFile.makeFolder(locksFolder)
        let lockURL = locksFolder.appending(path: source.key + ".lock")
        guard let lock = try FileLock.attempt(lockURL) else {
            throw DreamSimError(.fileSystem, source.place, "another process fetches it just now; try again later")
        }
        defer { withExtendedLifetime(lock) {} }
        PartialFile(url: partialURL(source), disk: configuration.disk).remove()
        let paths = source.items.flatMap(\.candidates).map(\.path).filter { ArchiveName.fault(in: $0) == nil }
        for url in [recordURL(source)] + paths.map({ weightsFolder.appending(path: $0) }) {
            guard unlink(url.path) == 0 || errno == ENOENT || errno == ENOTDIR else {
                throw .system(url, "cannot be removed")
            }
        }
    }

    func partialURL(_ source: WeightSource) -> URL {
        downloadsFolder.appending(path: source.key + ".part")
    }

    func recordURL(_ source: WeightSource) -> URL {
        recordsFolder.appending(path: source.key + ".json")
    }

    func readRecord(_ source: WeightSource) -> FetchRecord? {
        guard let data = try? RegularFile.read(recordURL(source), byteLimit: 16 << 20) else { return nil }
        return try? JSONDecoder().decode(FetchRecord.self, from: data)
    }

    func write(_ record: FetchRecord, of source: WeightSource) throws(DreamSimError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(record) else { preconditionFailure("a record of strings") }
        try DurableFile.write(Array(data), to: recordURL(source), disk: configuration.disk)
    }
}
