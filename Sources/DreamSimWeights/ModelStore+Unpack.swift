import DreamSimCheckpoints
import Foundation

extension ModelStore {
    /// Puts the missing items of a checked download in their places, and records their digests.
    func unpack(
        _ source: WeightSource, _ missing: [WeightSource.Item], from partial: PartialFile, digest: String,
        progress: @escaping @Sendable (DownloadProgress) -> Void
    ) throws {
        let files = try ArchiveMembers(source, at: partial.url)
        let chosen = try missing.map { item in
            guard let found = try files.find(item) else {
                throw DreamSimError(
                    .missing, "\(source.place), member '\(item.member ?? item.path)'",
                    "not in the archive; the publisher may have changed it (the download is removed)")
            }
            return found
        }
        var record = readRecord(source) ?? FetchRecord(place: source.place, sha256: digest, files: [:])
        record.sha256 = digest
        if source.packaging == .plain, chosen.count == 1 {
            if try move(chosen[0].0, of: source, partial, digest, &record) { return }
        }
        try configuration.disk.checkRoom(
            for: chosen.reduce(0) { $0 + $1.size }, in: weightsFolder, "unpacking \(source.fileName)")
        var finished: [(temporary: URL, target: URL)] = []
        do {
            // All are whole before the first gets its name: of a damaged or hostile archive nothing is used.
            for (item, member, size) in chosen {
                let target = weightsFolder.appending(path: item.path)
                let folder = target.deletingLastPathComponent()
                try DurableFile.makeFolder(folder)
                // A fixed name, so that what a killed process left is written over; the key, because two sources may
                // hold the same file and have different locks.
                let temporary = folder.appending(path: ".\(target.lastPathComponent).\(source.key).tmp")
                finished.append((temporary, target))
                record.files[item.path] = try extract(
                    member, of: files, to: temporary, size: size, expecting: item.sha256,
                    place: "\(source.place), member '\(item.member ?? item.path)'",
                    ProgressMeter(.unpacking, item.path, progress))
            }
            // Recorded before they are in place: a record without its file harms nobody.
            try write(record, of: source)
            for (temporary, target) in finished { try DurableFile.rename(temporary, to: target) }
        } catch {
            for (temporary, _) in finished { unlink(temporary.path) }
            throw error
        }
    }

    /// Writes a member to a temporary file and waits until the disk has it.
    /// - Returns: its SHA-256, which is the expected one if there is one.
    private func extract(
        _ member: ArchiveMembers.Member, of files: ArchiveMembers, to temporary: URL, size: Int,
        expecting expected: String?, place: String, _ progress: ProgressMeter
    ) throws -> String {
        var meter = progress
        let writer = try FileWriter(temporary, keepsContents: false, disk: configuration.disk)
        var hash = SHA256Digest()
        try files.extract(member) { piece in
            try Task.checkCancellation()
            try writer.write(piece)
            hash.update(piece)
            meter.update(writer.count, of: size)
        }
        meter.update(writer.count, of: size, isLast: true)
        let digest = hash.hex()
        guard expected == nil || expected == digest else {
            throw DreamSimError(
                .mismatch, place,
                "its SHA-256 is \(digest), expected \(expected ?? "") (the download is removed)")
        }
        try writer.synchronize()
        return digest
    }
}

extension ModelStore {
    /// Puts a plain download in its place without copying it.
    /// - Returns: false when that is on another file system.
    private func move(
        _ item: WeightSource.Item, of source: WeightSource, _ partial: PartialFile, _ digest: String,
        _ record: inout FetchRecord
    ) throws(DreamSimError) -> Bool {
        guard item.sha256 == nil || item.sha256 == digest else {
            throw DreamSimError(
                .mismatch, source.place,
                "its SHA-256 is \(digest), expected \(item.sha256 ?? "") (the download is removed)")
        }
        let target = weightsFolder.appending(path: item.path)
        try DurableFile.makeFolder(target.deletingLastPathComponent())
        record.files[item.path] = digest
        try write(record, of: source)
        return try DurableFile.renameOnSameDisk(partial.url, to: target)
    }
}

/// The members of a download by the paths that the catalog gives them.
private struct ArchiveMembers {
    enum Contents {
        case plain(MappedFile)
        case zip(ZipArchive)
        case tarGz(TarGzArchive, [TarGzArchive.Entry])
    }

    enum Member {
        case whole
        case zip(ZipArchive.Entry)
        case tarGz(TarGzArchive.Entry)
    }

    private let source: WeightSource
    private let contents: Contents

    init(_ source: WeightSource, at url: URL) throws(DreamSimError) {
        self.source = source
        let file = try MappedFile(url)
        switch source.packaging {
        case .plain: contents = .plain(file)
        case .zip: contents = .zip(try ZipArchive(file))
        case .tarGz:
            let archive = TarGzArchive(file)
            contents = .tarGz(archive, try archive.entries())
        }
    }

    /// The item, or the first of its alternatives that is there.
    func find(_ item: WeightSource.Item) throws(DreamSimError) -> (WeightSource.Item, Member, size: Int)? {
        for candidate in item.candidates {
            switch contents {
            case .plain(let file): return (candidate, .whole, file.bytes.count)
            case .zip(let archive):
                if let i = try find(candidate, among: archive.entries.map(\.path)) {
                    return (candidate, .zip(archive.entries[i]), archive.entries[i].uncompressedSize)
                }
            case .tarGz(_, let entries):
                if let i = try find(candidate, among: entries.map(\.path)) {
                    return (candidate, .tarGz(entries[i]), entries[i].size)
                }
            }
        }
        return nil
    }

    /// The member of this very path, else the only one below a top folder, else the only one whose path ends so.
    private func find(_ item: WeightSource.Item, among paths: [String]) throws(DreamSimError) -> Int? {
        let member = item.member ?? item.path
        if let exact = paths.firstIndex(of: member) { return exact }
        let below = paths.indices.filter { paths[$0].hasSuffix("/" + member) }
        let depth = member.split(separator: "/").count + 1
        let shallow = below.filter { paths[$0].split(separator: "/").count == depth }
        if shallow.count == 1 { return shallow[0] }
        guard below.count <= 1 else {
            throw DreamSimError(
                .archive, "\(source.place), member '\(member)'",
                "several members could be meant: " + below.prefix(3).map { paths[$0] }.joined(separator: ", "))
        }
        return below.first
    }

    func extract(_ member: Member, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        switch (member, contents) {
        case (.zip(let entry), .zip(let archive)): try archive.extract(entry, to: sink)
        case (.tarGz(let entry), .tarGz(let archive, let entries)):
            try archive.extract(entry, among: entries, limit: entry.size, to: sink)
        case (.whole, .plain(let file)):
            var offset = 0
            while offset < file.bytes.count {
                let end = min(file.bytes.count, offset + 1 << 20)
                try sink(UnsafeRawBufferPointer(rebasing: file.bytes[offset..<end]))
                offset = end
            }
        default: preconditionFailure("a member of another archive")
        }
    }
}
