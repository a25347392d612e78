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
    /// - Throws: `.fileSystem` when a file that is there cannot be read.
    package func verify(_ source: WeightSource) throws(DreamSimError) -> [VerificationResult] {
        let record = readRecord(source)
        var results: [VerificationResult] = []
        for item in source.items {
            let present = item.candidates.first { locate($0.path) != nil } ?? item
            guard let url = locate(present.path) else {
                results.append(VerificationResult(path: item.path, url: nil, sha256: nil, outcome: .missing))
                continue
            }
            let digest = try Self.sha256(of: url)
            let outcome: VerificationResult.Outcome
            // A plain download is its only file.
            if let expected = present.sha256 ?? (source.packaging == .plain ? source.sha256 : nil) {
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
        guard let data = try? Data(contentsOf: recordURL(source)) else { return nil }
        return try? JSONDecoder().decode(FetchRecord.self, from: data)
    }

    func write(_ record: FetchRecord, of source: WeightSource) throws(DreamSimError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(record) else { preconditionFailure("a record of strings") }
        try DurableFile.write(Array(data), to: recordURL(source), disk: configuration.disk)
    }
}
