import Foundation
import Synchronization

/// Where a person judges triplets, one after the other: in random order, each pair of images on random sides, some of
/// them twice with their sides swapped, and every judgment kept at once in a table that `train` reads.
///
/// The table of judgments has the columns `ref`, `left`, `right` and `vote` (1 for right, as the table of triplets has
/// it, wherever it stood on the screen), and `split`: `train` or `val`, or `repeat` for what was judged for the second
/// time. Beside them it keeps `id`, `repeat`, `swapped`, `seconds`, `time` and
/// `rater`.
package final class VotingRoom: Sendable {
    /// What is shown next.
    package struct Trial: Sendable, Hashable {
        /// What tells it from all others of the room.
        package let number: Int
        /// What the others are compared with.
        package let reference: ImagePath
        /// The image that stands on the left.
        package let left: ImagePath
        /// The image that stands on the right.
        package let right: ImagePath
    }

    /// How far the person is.
    package struct Progress: Sendable, Hashable, Encodable {
        /// The judgments that are made, repeats with them.
        package let done: Int
        /// The judgments that are wanted, repeats with them.
        package let total: Int
        /// What was passed over since the room was opened.
        package let skipped: Int
        /// The triplets that were judged twice.
        package let repeats: Int
        /// Those of them that were judged alike both times.
        package let agreeing: Int
    }

    /// The side that was chosen.
    package enum Side: String, Sendable, CaseIterable {
        case left
        case right
    }

    private struct State {
        var file: VotesFile
        var skipped: Set<VotingSchedule.Showing> = []
        /// The judgments of this sitting that were not taken back.
        var judged: [Int] = []
    }

    private struct Key: Hashable {
        let id: String
        let isRepeat: Bool
    }

    private let triplets: [UnjudgedTriplet]
    private let schedule: VotingSchedule
    private let splits: [String]
    /// The paths that are written, of each triplet.
    private let paths: [[String]]
    private let state: Mutex<State>
    /// Held as long as the room is open: two of them would write over each other.
    private let lock: FileLock
    /// The table of judgments.
    package let votes: ImagePath

    /// Opens a room. Judgments of an earlier sitting are kept, and it resumes after them.
    /// - Parameters:
    ///   - file: a table of triplets with the columns `ref`, `left` and `right`, and, where wanted, `id` and `split`; paths
    ///     are relative to its folder.
    ///   - votes: the table of judgments, which is made when it is missing; beside the triplets, and called after them, when
    ///     nil.
    ///   - root: a folder beside that of the triplets in which images may lie.
    ///   - repeats: the share of triplets that is judged twice, 0 to 1.
    ///   - seed: chooses order and sides.
    /// - Throws: `DreamSimError`.
    package init(
        _ file: ImagePath, votes: ImagePath? = nil, root: ImagePath? = nil, repeats: Double = 0.1, seed: UInt64 = 1
    ) throws(DreamSimError) {
        precondition((0...1).contains(repeats), "a share of \(repeats)")
        triplets = try UnjudgedTriplet.all(in: file, root: root)
        schedule = VotingSchedule(count: triplets.count, repeats: repeats, seed: seed)
        let made = schedule.splits(references: triplets.map(\.reference))
        splits = zip(triplets, made).map { $0.split ?? $1 }
        let votes = votes ?? file.parent.appending(Array("\(file.stem).votes.csv".utf8))
        guard votes.absolute() != file.absolute() else {
            throw DreamSimError(.unwritable, "\(votes)", "is the table of triplets itself; name another file")
        }
        self.votes = votes
        let isBeside = votes.absolute().parent == file.absolute().parent
        paths = triplets.map { triplet in
            isBeside ? triplet.cells : triplet.images.map { ImagePath.text($0.absolute().bytes) }
        }
        let lock: FileLock?
        do throws(SystemFailure) {
            lock = try FileLock.attempt(ImagePath.text(votes.bytes) + ".lock")
        } catch {
            throw DreamSimError(error, unwritable: "\(votes).lock")
        }
        guard let lock else {
            throw DreamSimError(.locked, "\(votes)", "is being written by another voting room; close that first")
        }
        self.lock = lock
        // What a room left that was killed, or whose disk could not be written any more, goes before the next judgment comes.
        AtomicFile.removeAbandoned(in: votes.absolute.bytes.dropLast(votes.lastComponent.count))
        state = Mutex(State(file: try VotesFile(votes)))
    }

    /// What is to be judged next, and what after that, as far as there is something.
    package var upcoming: [Trial] {
        let waiting = state.withLock { state in
            let done = Self.done(state.file)
            let skipped = state.skipped
            return Array(
                schedule.showings.indices.lazy.filter { self.waits(self.schedule.showings[$0], done, skipped) }.prefix(
                    2))
        }
        return waiting.map(trial)
    }

    /// What was or will be shown under a number; nil when there is none.
    package func trial(numbered number: Int) -> Trial? {
        schedule.showings.indices.contains(number) ? trial(number) : nil
    }

    /// How far the person is.
    package var progress: Progress {
        state.withLock { state in
            let known = Set(triplets.map(\.id))
            let done = Self.done(state.file).filter { known.contains($0.key.id) }
            let twice = done.filter { $0.key.isRepeat }
            let agreeing = twice.count { done[Key(id: $0.key.id, isRepeat: false)] == $0.value }
            return Progress(
                done: schedule.showings.count { done[key($0)] != nil }, total: schedule.showings.count,
                skipped: state.skipped.count, repeats: twice.count, agreeing: agreeing)
        }
    }

    /// Keeps a judgment. It is on the disk when this returns.
    /// - Parameters:
    ///   - number: of the trial.
    ///   - side: where the image stood that is more like the reference.
    ///   - seconds: how long the person looked.
    ///   - rater: the name of the person; empty when it is not known.
    /// - Returns: false when the trial waits for no judgment; nothing changes then.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func judge(
        _ number: Int, _ side: Side, seconds: Double? = nil, rater: String = ""
    ) throws(DreamSimError) -> Bool {
        try change(number) { (state, showing) throws(DreamSimError) in
            state.judged.append(
                try state.file.append(
                    triplets[showing.triplet], paths: paths[showing.triplet],
                    isRight: (side == .right) != showing.isSwapped, split: splits[showing.triplet], showing: showing,
                    seconds: seconds, at: Date(), rater: rater))
        }
    }

    /// Passes a trial over until the room is opened again, as for an image that cannot be shown.
    /// - Returns: false when the trial waits for no judgment.
    package func skip(_ number: Int) throws(DreamSimError) -> Bool {
        try change(number) { (state, showing) in _ = state.skipped.insert(showing) }
    }

    /// The number of the last judgment of this sitting that was not taken back; nil when there is none.
    package var lastJudgment: Int? { state.withLock(\.judged.last) }

    /// Takes the last judgment of this sitting back, so that it is asked for again. What was judged before stays.
    /// - Returns: false when there is none.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func undo() throws(DreamSimError) -> Bool {
        guard let last = lastJudgment else { return false }
        return try undo(last)
    }

    /// Takes a judgment back, also one of an earlier sitting, so that it is asked for again.
    /// - Parameter id: its number in the journal.
    /// - Returns: false when there is none that was not taken back.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func undo(_ id: Int) throws(DreamSimError) -> Bool {
        try locked { (state) throws(DreamSimError) in
            let isRemoved = try state.file.remove(id)
            state.judged.removeAll { $0 == id }
            return isRemoved
        }
    }

    /// The table of judgments, as it is on the disk.
    package var table: [UInt8] { state.withLock { $0.file.bytes } }

    // MARK: Parts

    private func key(_ showing: VotingSchedule.Showing) -> Key {
        Key(id: triplets[showing.triplet].id, isRepeat: showing.isRepeat)
    }

    private static func done(_ file: VotesFile) -> [Key: Bool] {
        Dictionary(
            file.votes.map { (Key(id: $0.id, isRepeat: $0.isRepeat), $0.isRight) }, uniquingKeysWith: { $1 })
    }

    private func waits(
        _ showing: VotingSchedule.Showing, _ done: [Key: Bool], _ skipped: Set<VotingSchedule.Showing>
    ) -> Bool {
        done[key(showing)] == nil && !skipped.contains(showing)
            // What was passed over once is not asked for a second time.
            && !(showing.isRepeat && done[Key(id: key(showing).id, isRepeat: false)] == nil)
    }

    private func trial(_ number: Int) -> Trial {
        let showing = schedule.showings[number]
        let triplet = triplets[showing.triplet]
        return Trial(
            number: number, reference: triplet.reference, left: showing.isSwapped ? triplet.right : triplet.left,
            right: showing.isSwapped ? triplet.left : triplet.right)
    }

    private func change(
        _ number: Int, _ body: (inout State, VotingSchedule.Showing) throws(DreamSimError) -> Void
    ) throws(DreamSimError) -> Bool {
        try locked { (state) throws(DreamSimError) in
            guard schedule.showings.indices.contains(number) else { return false }
            let showing = schedule.showings[number]
            guard waits(showing, Self.done(state.file), state.skipped) else { return false }
            try body(&state, showing)
            return true
        }
    }

    private func locked<R: Sendable>(
        _ body: (inout State) throws(DreamSimError) -> R
    ) throws(DreamSimError) -> R {
        let result = state.withLock { state -> Result<R, DreamSimError> in
            do throws(DreamSimError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
