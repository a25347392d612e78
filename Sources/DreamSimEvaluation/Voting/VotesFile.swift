import Foundation

/// A table of one person's judgments, as `train` and `evaluate` read it; each change is on the disk before it counts.
struct VotesFile {
    /// A judgment of the file.
    struct Vote: Sendable {
        let id: String
        let isRepeat: Bool
        /// Whether the table's right image was found more alike.
        let isRight: Bool
        /// The cells of its line, in the order of `columns`.
        let cells: [String]
    }

    static let columns = earlierColumns + ["rater"]
    /// Those of versions that did not ask who judges.
    private static let earlierColumns = [
        "id", "ref", "left", "right", "vote", "split", "repeat", "swapped", "seconds", "time",
    ]
    /// What is added to the id of a triplet where it is judged for the second time.
    private static let suffix = "-repeat"

    let path: ImagePath
    private(set) var votes: [Vote]
    private(set) var journal: VotesJournal
    /// The file as it was read or written last; what it is beside that, another program has made of it.
    private var known: [UInt8]?
    private static let byteLimit = 512 << 20

    /// Reads the file; one that is not there holds nothing yet.
    /// - Throws: `DreamSimError` when it is another kind of table.
    init(_ path: ImagePath) throws(DreamSimError) {
        self.path = path
        journal = try VotesJournal(path.parent.appending(Array("\(path.stem).journal.ndjson".utf8)))
        (votes, known) = ([], nil)
        try refresh()
    }

    /// Takes over what another program has changed in the file. One that was removed is written anew with the next judgment.
    /// - Returns: whether there was anything.
    @discardableResult
    private mutating func refresh() throws(DreamSimError) -> Bool {
        guard path.real != nil else { return false }
        let bytes = try RegularFile.read(rawPath: path.bytes, byteLimit: Self.byteLimit)
        guard bytes != known else { return false }
        votes = try Self.votes(Table(bytes, path: "\(path)"))
        known = bytes
        return true
    }

    private static func votes(_ table: Table) throws(DreamSimError) -> [Vote] {
        guard table.columns == columns || table.columns == earlierColumns else {
            throw DreamSimError(
                .malformed, table.path, line: 1,
                "is not a voting room's table: its columns must be \(columns.joined(separator: ",")); name another file"
            )
        }
        var votes: [Vote] = []
        for row in table.rows {
            let (isRepeat, isRight) = (try table.flag(row, 6), try table.flag(row, 4))
            let id =
                isRepeat && row.cells[0].hasSuffix(suffix)
                ? String(row.cells[0].dropLast(suffix.count)) : row.cells[0]
            let missing = Array(repeating: "", count: columns.count - row.cells.count)
            votes.append(Vote(id: id, isRepeat: isRepeat, isRight: isRight, cells: row.cells + missing))
        }
        return votes
    }

    /// Adds a judgment.
    /// - Returns: its number in the journal.
    /// - Throws: `DreamSimError` with `.unwritable`; the file is then as it was.
    mutating func append(
        _ triplet: UnjudgedTriplet, paths: [String], isRight: Bool, split: String,
        showing: VotingSchedule.Showing, seconds: Double?, at time: Date, rater: String
    ) throws(DreamSimError) -> Int {
        let isRepeat = showing.isRepeat
        let cells =
            [triplet.id + (isRepeat ? Self.suffix : "")] + paths
            + [
                isRight ? "1" : "0", isRepeat ? "repeat" : split, isRepeat ? "1" : "0", showing.isSwapped ? "1" : "0",
                seconds.map { String(format: "%.1f", $0) } ?? "", time.formatted(.iso8601), rater,
            ]
        try takeOver()
        let id = try journal.judge(cells)
        do throws(DreamSimError) {
            try write(votes + [Vote(id: triplet.id, isRepeat: isRepeat, isRight: isRight, cells: cells)])
        } catch {
            // Where the table cannot be written, the journal often cannot either: nobody was told of the number.
            try? journal.undo(id)
            throw error
        }
        return id
    }

    /// Takes back a judgment.
    /// - Parameter id: its number in the journal.
    /// - Returns: false when there is none that was not taken back, or another program has removed it.
    mutating func remove(_ id: Int) throws(DreamSimError) -> Bool {
        try takeOver()
        guard let cells = journal.judgments[id], let place = votes.lastIndex(where: { $0.cells == cells }) else {
            return false
        }
        var new = votes
        new.remove(at: place)
        try write(new)
        try journal.undo(id)
        return true
    }

    /// Notices what another program has changed.
    private mutating func takeOver() throws(DreamSimError) {
        if try refresh() { try journal.noteChange() }
    }

    /// The whole table.
    var bytes: [UInt8] { Self.bytes(votes) }

    private static func bytes(_ votes: [Vote]) -> [UInt8] {
        // Names that are not UTF-8 become what they were.
        ImagePath(([columns] + votes.map(\.cells)).map { CSV.line($0) }.joined()).bytes
    }

    private mutating func write(_ new: [Vote]) throws(DreamSimError) {
        let bytes = Self.bytes(new)
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(bytes, to: path.bytes)
            (votes, known) = (new, bytes)
        } catch {
            throw DreamSimError(.unwritable, error.path, error.reason)
        }
    }
}
