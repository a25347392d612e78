import Foundation

/// What was done in a voting room, line by line: it only ever grows, so that no judgment is lost, whatever becomes of the table.
///
/// Each line is a JSON object: `action` is `judged`, `undone` or `changed` (another program has changed the table), `id` is
/// the judgment's number, `cells` are those of its line in the table.
struct VotesJournal {
    /// A line.
    struct Entry: Codable {
        enum Action: String, Codable {
            case judged, undone, changed
        }

        let action: Action
        var id: Int?
        var cells: [String]?
        let time: String
    }

    let path: ImagePath
    /// The judgments that were not taken back, by their numbers: the cells of each.
    private(set) var judgments: [Int: [String]] = [:]
    private var last = 0
    private static let byteLimit = 512 << 20

    /// Reads a journal; one that is not there is empty. A line that was cut short says nothing.
    /// - Throws: `DreamSimError` when it cannot be read.
    init(_ path: ImagePath) throws(DreamSimError) {
        self.path = path
        guard path.real != nil else { return }
        let bytes = try RegularFile.read(rawPath: path.bytes, byteLimit: Self.byteLimit)
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let entry = try? JSONDecoder().decode(Entry.self, from: Data(line)) else { continue }
            take(entry)
        }
    }

    private mutating func take(_ entry: Entry) {
        last = max(last, entry.id ?? 0)
        switch (entry.action, entry.id) {
        case (.judged, let id?): judgments[id] = entry.cells
        case (.undone, let id?): judgments[id] = nil
        default: break
        }
    }

    /// Notes a judgment. It is on the disk when this returns.
    /// - Returns: the judgment's number.
    mutating func judge(_ cells: [String]) throws(DreamSimError) -> Int {
        let id = last + 1
        try append(Entry(action: .judged, id: id, cells: cells, time: Date().formatted(.iso8601)))
        return id
    }

    /// Notes that a judgment is taken back.
    mutating func undo(_ id: Int) throws(DreamSimError) {
        try append(Entry(action: .undone, id: id, time: Date().formatted(.iso8601)))
    }

    /// Notes that another program has changed the table.
    mutating func noteChange() throws(DreamSimError) {
        try append(Entry(action: .changed, time: Date().formatted(.iso8601)))
    }

    private mutating func append(_ entry: Entry) throws(DreamSimError) {
        func failure() -> DreamSimError {
            DreamSimError(.unwritable, "\(path)", "cannot be written: \(String(cString: strerror(errno)))")
        }
        guard let line = try? JSON.line(entry) else { throw DreamSimError(.unwritable, "\(path)", "cannot be written") }
        let descriptor = (path.bytes + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                open($0.baseAddress!, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o644)
            }
        }
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        // A line that was cut short ends where the next one begins.
        guard WholeBytes.append(Array((line + "\n").utf8), to: descriptor), fsync(descriptor) == 0 else {
            let error = failure()
            _ = WholeBytes.append([UInt8(ascii: "\n")], to: descriptor)
            throw error
        }
        take(entry)
    }
}
