package import Foundation

/// What can be made again, and takes room meanwhile.
package struct CachedFile: Sendable, Encodable {
    /// The sorts of caches, by their folder.
    package enum Sort: String, Sendable, Encodable, CaseIterable {
        /// Weights as the program maps them, one file for each model and each adapter.
        case merged
        /// What frozen layers give, for training.
        case frozen
        /// Values and embeddings of evaluations.
        case evaluations

        /// What it is, for people.
        package var text: String {
            switch self {
            case .merged: "weights as they are mapped"
            case .frozen: "outputs of frozen layers"
            case .evaluations: "values of evaluations"
            }
        }
    }

    /// Its sort.
    package let sort: Sort
    /// Its path.
    package let path: String
    /// Its size.
    package let bytes: Int
    /// When it was last read or written, as far as the file system notes it.
    package let lastUsed: Date

    private enum CodingKeys: CodingKey {
        case sort, path, bytes, lastUsed
    }

    /// Writes the time as ISO 8601 has it.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sort, forKey: .sort)
        try container.encode(path, forKey: .path)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(lastUsed.formatted(.iso8601), forKey: .lastUsed)
    }
}

extension ModelStore {
    /// The files of all caches, those used longest ago first.
    package func cachedFiles() -> [CachedFile] {
        CachedFile.Sort.allCases.flatMap { sort -> [CachedFile] in
            let folder = configuration.home.appending(path: sort.rawValue)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return names.sorted().compactMap { name in
                let path = folder.appending(path: name).path
                var status = stat()
                guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
                let last = Double(max(status.accessed.tv_sec, status.modified.tv_sec))
                return CachedFile(
                    sort: sort, path: path, bytes: Int(status.st_size), lastUsed: Date(timeIntervalSince1970: last))
            }
        }.sorted { $0.lastUsed < $1.lastUsed }
    }

    /// Removes files of caches. A process that has one open keeps reading it.
    /// - Returns: those that could not be removed, with the reason.
    package func remove(_ files: [CachedFile]) -> [(file: CachedFile, reason: String)] {
        files.compactMap { file in
            guard unlink(file.path) != 0, errno != ENOENT else { return nil }
            return (file, "cannot be removed: \(String(cString: strerror(errno)))\(SystemFailure.advice(errno))")
        }
    }
}
