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

    /// Reads the file; one that is not there holds nothing yet.
    /// - Throws: `DreamSimError` when it is another kind of table.
    init(_ path: ImagePath) throws(DreamSimError) {
        self.path = path
        guard path.real != nil else {
            votes = []
            return
        }
        let table = try Table(contentsOf: path)
        guard table.columns == Self.columns || table.columns == Self.earlierColumns else {
            throw DreamSimError(
                .malformed, table.path, line: 1,
                "is not a voting room's table: its columns must be \(Self.columns.joined(separator: ",")); name another file"
            )
        }
        var votes: [Vote] = []
        for row in table.rows {
            let (isRepeat, isRight) = (try table.flag(row, 6), try table.flag(row, 4))
            let id =
                isRepeat && row.cells[0].hasSuffix(Self.suffix)
                ? String(row.cells[0].dropLast(Self.suffix.count)) : row.cells[0]
            let missing = Array(repeating: "", count: Self.columns.count - row.cells.count)
            votes.append(Vote(id: id, isRepeat: isRepeat, isRight: isRight, cells: row.cells + missing))
        }
        self.votes = votes
    }

    /// Adds a judgment.
    /// - Throws: `DreamSimError` with `.unwritable`; the file is then as it was.
    mutating func append(
        _ triplet: UnjudgedTriplet, paths: [String], isRight: Bool, split: String,
        showing: VotingSchedule.Showing, seconds: Double?, at time: Date, rater: String
    ) throws(DreamSimError) {
        let isRepeat = showing.isRepeat
        let cells =
            [triplet.id + (isRepeat ? Self.suffix : "")] + paths
            + [
                isRight ? "1" : "0", isRepeat ? "repeat" : split, isRepeat ? "1" : "0", showing.isSwapped ? "1" : "0",
                seconds.map { String(format: "%.1f", $0) } ?? "", time.formatted(.iso8601), rater,
            ]
        let new = votes + [Vote(id: triplet.id, isRepeat: isRepeat, isRight: isRight, cells: cells)]
        try write(new)
        votes = new
    }

    /// Takes back the last judgment.
    mutating func removeLast() throws(DreamSimError) {
        let new = Array(votes.dropLast())
        try write(new)
        votes = new
    }

    /// The whole table.
    var bytes: [UInt8] { Self.bytes(votes) }

    private static func bytes(_ votes: [Vote]) -> [UInt8] {
        // Names that are not UTF-8 become what they were.
        ImagePath(([columns] + votes.map(\.cells)).map { CSV.line($0) }.joined()).bytes
    }

    private func write(_ votes: [Vote]) throws(DreamSimError) {
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(Self.bytes(votes), to: path.bytes)
        } catch {
            throw DreamSimError(.unwritable, error.path, error.reason)
        }
    }
}
