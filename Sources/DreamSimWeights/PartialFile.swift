import Foundation

/// A download on its way: the bytes so far and, beside them, which version of the remote file they are of.
struct PartialFile {
    /// What identifies the version of the remote file.
    struct Version: Codable, Equatable {
        /// The address first asked, before redirects.
        var url: String
        var entityTag: String?
        var lastModified: String?
        /// The size in the end, when the server states it.
        var total: Int?

        /// What makes a range request safe; nil when the server gives nothing to hold on to.
        var validator: String? {
            // A weak tag does not promise the same bytes.
            if let entityTag, !entityTag.hasPrefix("W/") { return entityTag }
            return lastModified
        }
    }

    let url: URL
    let disk: Disk
    private var sidecar: URL { url.appendingPathExtension("json") }

    /// What there can be of a download.
    private var files: [URL] { [url, sidecar, DurableFile.temporary(of: sidecar)] }
    /// Whether there is anything of it.
    var isThere: Bool { files.contains { access($0.path, F_OK) == 0 } }

    /// The bytes that are there.
    var count: Int {
        var status = stat()
        return stat(url.path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The version the bytes are of; nil when that is not known, and then the bytes are worthless.
    func version() -> Version? {
        guard let data = try? RegularFile.read(sidecar, byteLimit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(Version.self, from: data)
    }

    /// Opens the file to resume it.
    func appending() throws(DreamSimError) -> FileWriter {
        try FileWriter(url, keepsContents: true, disk: disk)
    }

    /// Opens the file for another version. It is emptied before the new version is noted, so that no kill can leave
    /// bytes of one version with the note of another.
    func restarting(_ version: Version) throws(DreamSimError) -> FileWriter {
        let writer = try FileWriter(url, keepsContents: false, disk: disk)
        try note(version)
        return writer
    }

    private func note(_ version: Version) throws(DreamSimError) {
        guard let data = try? JSONEncoder().encode(version) else { preconditionFailure("a note of strings") }
        try DurableFile.write(Array(data), to: sidecar, disk: disk)
    }

    /// Takes over a file that another program has fetched whole.
    func adopt(_ file: URL, from place: String, count: Int) throws(DreamSimError) {
        unlink(url.path)
        try note(Version(url: place, entityTag: nil, lastModified: nil, total: count))
        try DurableFile.rename(file, to: url)
    }

    /// Removes the bytes and the note.
    func remove() {
        for file in files { unlink(file.path) }
    }
}
