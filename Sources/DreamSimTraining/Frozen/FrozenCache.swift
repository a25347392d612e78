package import Foundation
import Synchronization

/// Rows of numbers that a frozen part of a model gives of images, kept on disk: each is computed once, whatever is learnt
/// above it, in whichever run.
///
/// The file: a line of text that says what the rows depend on, then records of one size: SHA-256 of the image's file, four
/// bytes of CRC-32C over that and the row, the row as little-endian float32. A record that a killed process left unfinished
/// is cut off, one whose sum is wrong counts as missing, and a file that begins with another line is begun anew. One process
/// at a time adds rows; others read those that were there when they began.
///
/// A cache never ends a run: whatever keeps it from working is said once, and rows are computed again.
package final class FrozenCache: Sendable {
    /// What a row depends on besides its image.
    package struct Identity: Codable, Hashable, Sendable {
        /// Raised when the same weights and images come to give other numbers.
        var version = 1
        /// What the rows hold, such as `tokens entering block 10`.
        var content: String
        /// For each network the block that the rows enter; empty for embeddings.
        var blocks: [Int]
        /// The model, its weights and how images are prepared.
        var model: ModelStamp
        /// The kind of kernels, which decides over the last bits.
        var kernels: String
        /// The numbers of a row.
        var width: Int

        package init(content: String, blocks: [Int] = [], model: ModelStamp, kernels: String, width: Int) {
            (self.content, self.blocks, self.model) = (content, blocks, model)
            (self.kernels, self.width) = (kernels, width)
        }

        /// The line that a file begins with.
        var header: [UInt8] { Array("\(FrozenCache.magic) \((try? JSON.line(self)) ?? "")\n".utf8) }

        /// What the file is called: the model's name without what file systems dislike, and the start of a digest.
        var fileName: String {
            let plain = model.model.map {
                $0.isASCII && ($0.isLetter || $0.isNumber || "-_+@.".contains($0)) ? $0 : "_"
            }
            return String(plain.suffix(80)) + "-\(SHA256Digest.hex(of: header).prefix(16)).\(FrozenCache.suffix)"
        }
    }

    /// SHA-256 of an image's file.
    package typealias Key = [UInt8]

    struct State {
        /// Where the record of an image begins.
        var offsets: [Key: Int] = [:]
        /// The end of the last whole record.
        var end = 0
        /// Whether rows are added.
        var grows = true
        var notes: [String] = []
        var damaged = 0
    }

    static let magic = "dreamsim-frozen"
    static let suffix = "rows"
    static let keyLength = 32
    /// The file.
    package let url: URL
    let identity: Identity
    let descriptor: Int32
    /// The most bytes of the file.
    let limit: Int
    /// The bytes of the disk that are left free.
    let reserve: Int
    let state: Mutex<State>

    /// The bytes of a record.
    package var recordSize: Int { Self.recordSize(identity.width) }
    static func recordSize(_ width: Int) -> Int { keyLength + 4 + 4 * width }

    /// Opens the file of some rows, or makes it.
    /// - Parameters:
    ///   - folder: made when it is not there.
    ///   - limit: the most bytes that the files of the folder may come to; those used longest ago make room.
    ///   - images: the number of images whose rows are wanted.
    ///   - reserve: the bytes of the disk that are left free, for checkpoints and everything else.
    /// - Throws: `DreamSimError` with `.unwritable` when there can be no cache in the folder.
    package init(
        _ identity: Identity, in folder: URL, limit: Int, images: Int, reserve: Int = 256 << 20
    ) throws(DreamSimError) {
        url = folder.appending(path: identity.fileName)
        (self.identity, self.limit, self.reserve) = (identity, limit, reserve)
        do throws(DreamSimError) { try Folder.make(folder.path) } catch {
            throw Self.failure(folder, error.problem)
        }
        var state = State()
        var opened = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        if opened < 0, [EACCES, EROFS, EPERM].contains(errno) {
            opened = open(url.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            state.grows = false
            state.notes.append("\(url.path): cannot be written; its rows are read, and none are added")
        }
        guard opened >= 0 else { throw Self.failure(url, "cannot be opened: \(String(cString: strerror(errno)))") }
        descriptor = opened
        if state.grows, flock(opened, LOCK_EX | LOCK_NB) != 0 {
            state.grows = false
            state.notes.append(
                "\(url.path): another run adds to it; the rows that are there are read, and none are added by this one")
        }
        Self.read(&state, opened, url, identity)
        let wanted = Self.recordSize(identity.width) * max(0, images)
        if state.grows {
            futimens(opened, nil)
            let others = FrozenFolder.makeRoom(in: folder, for: max(wanted, state.end), besides: url, limit: limit)
            if !others.isEmpty {
                state.notes.append("\(folder.path): removed \(others.joined(separator: ", ")) to make room")
            }
        }
        state.notes.append(Self.announcement(url, identity, state, images: images, limit: limit))
        self.state = Mutex(state)
    }

    deinit {
        // Said outright: a child of this process that has not yet come to its own program holds the lock too.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// What happened that people should know, each once.
    package func takeNotes() -> [String] {
        state.withLock { state in
            defer { state.notes = [] }
            return state.notes
        }
    }

    /// Finds the records of a file, cuts off what is no whole record, and begins it anew when it is another's.
    private static func read(_ state: inout State, _ descriptor: Int32, _ url: URL, _ identity: Identity) {
        let (header, size) = (identity.header, recordSize(identity.width))
        let length = max(0, Int(lseek(descriptor, 0, SEEK_END)))
        var found = [UInt8](repeating: 0, count: header.count)
        let isOwn =
            found.withUnsafeMutableBytes { WholeBytes.read(into: $0, from: descriptor, at: 0) } && found == header
        state.end = header.count
        guard isOwn else {
            if length > 0 {
                state.notes.append(
                    "\(url.path): does not begin as a cache of this model and these settings; "
                        + (state.grows ? "it starts over" : "it is not read"))
            }
            guard state.grows else { return }
            if ftruncate(descriptor, 0) != 0 || !WholeBytes.write(header, to: descriptor, at: 0) {
                state.stop(url, "cannot be begun")
            }
            return
        }
        var key = [UInt8](repeating: 0, count: keyLength)
        while state.end + size <= length {
            guard key.withUnsafeMutableBytes({ WholeBytes.read(into: $0, from: descriptor, at: state.end) }) else {
                break
            }
            state.offsets[key] = state.end
            state.end += size
        }
        if state.grows, state.end < length {
            state.notes.append("\(url.path): a last record that was left unfinished is cut off")
            if ftruncate(descriptor, off_t(state.end)) != 0 { state.stop(url, "cannot be cut") }
        }
    }

    private static func announcement(
        _ url: URL, _ identity: Identity, _ state: State, images: Int, limit: Int
    ) -> String {
        let size = recordSize(identity.width)
        let count = min(images, limit / size)
        return "\(identity.content): \(state.offsets.count) images are in \(url.path), "
            + "\(bytes(size)) each, \(bytes(size * count)) for the \(images) of this run"
            + (count < images ? "; the cache limit keeps \(count) of them" : "")
    }

    /// A number of bytes for people.
    static func bytes(_ count: Int) -> String {
        count < 10_000_000
            ? String(format: count < 10_000 ? "%.1f kB" : "%.0f kB", Double(count) / 1e3)
            : count < 10_000_000_000
                ? String(format: "%.0f MB", Double(count) / 1e6) : String(format: "%.1f GB", Double(count) / 1e9)
    }

    private static func failure(_ url: URL, _ reason: String) -> DreamSimError {
        DreamSimError(.unwritable, url.path, "\(reason); use another cache folder, or none")
    }
}

extension FrozenCache.State {
    /// Adds no more rows, and says why.
    mutating func stop(_ url: URL, _ what: String, _ code: Int32 = errno) {
        grows = false
        notes.append(
            "\(url.path): \(what): \(String(cString: strerror(code))); training continues, and no more rows are added")
    }
}
