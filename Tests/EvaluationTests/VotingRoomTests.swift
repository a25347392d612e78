import DreamSim
import DreamSimEvaluation
import DreamSimTraining
import Foundation
import TestSupport
import Testing

@Suite("The voting room")
struct VotingRoomTests {
    /// A table of triplets with their images; of triplet 3, all are judged by the number in their names.
    private static func table(_ count: Int, in folder: URL, header: String = "ref,left,right") throws -> ImagePath {
        var rows = [header]
        for number in 0..<count {
            // Two triplets share a reference.
            let names = ["ref-\(number / 2).png", "left-\(number).png", "right-\(number).png"]
            for name in names { try Images.gray(number, to: folder.appending(path: name)) }
            rows.append(names.joined(separator: ","))
        }
        let file = folder.appending(path: "mine.csv")
        try Images.text(rows.joined(separator: "\n") + "\n", to: file)
        return file.imagePath
    }

    @Test("asks for every triplet once and for a share of them twice, with the sides swapped and others between")
    func order() throws {
        try Fixtures.withTemporaryFolder { folder in
            let room = try VotingRoom(Self.table(60, in: folder), repeats: 0.2)
            #expect(room.progress.total == 72)
            var shown: [ImagePath: [(place: Int, isLeft: Bool)]] = [:]
            while let trial = room.upcoming.first {
                let isLeft = trial.left.name.hasPrefix("left-")
                #expect(isLeft != trial.right.name.hasPrefix("left-"))
                shown[isLeft ? trial.left : trial.right, default: []].append((room.progress.done, isLeft))
                // The person knows what to choose wherever it stands.
                #expect(try room.judge(trial.number, isLeft ? .right : .left, seconds: 1.5))
            }
            #expect(shown.count == 60 && shown.values.count { $0.count == 2 } == 12)
            for places in shown.values where places.count == 2 {
                #expect(places[0].isLeft != places[1].isLeft && places[1].place - places[0].place > 1)
            }
            // Neither in the order of the table nor always on one side.
            let first = shown.values.map { $0[0] }
            #expect((15...45).contains(first.count { $0.isLeft }))
            let progress = room.progress
            #expect(progress.done == 72 && progress.repeats == 12 && progress.agreeing == 12)

            // What `train` makes of it: each row says that the right one of the table is closer.
            let set = try JudgedSet.triplets(room.votes)
            #expect(set.items.count == 72 && set.items.allSatisfy { $0.judgment == .rightShare(1) })
            let training = TrainingTriplet.all(in: try .triplets(room.votes, split: "train"))
            let validation = TrainingTriplet.all(in: try .triplets(room.votes, split: "val"))
            #expect(training.count + validation.count == 60 && validation.count == 12)
            // No reference is in both.
            #expect(Set(training.map(\.reference)).isDisjoint(with: validation.map(\.reference)))
            #expect(training.allSatisfy { $0.rightPreferred == 1 && $0.right.name.hasPrefix("right-") })
        }
    }

    @Test("keeps who judged, also in a table that was begun when nobody was asked")
    func rater() throws {
        try Fixtures.withTemporaryFolder { folder in
            let triplets = try Self.table(4, in: folder)
            var room: VotingRoom? = try VotingRoom(triplets, repeats: 0)
            let votes = try #require(room?.votes)
            let first = try #require(room?.upcoming.first)
            #expect(try room?.judge(first.number, .left) == true)
            room = nil
            let lines = try String(contentsOfFile: "\(votes)", encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 2 && lines[0].hasSuffix(",time,rater") && lines[1].hasSuffix(","))
            let earlier = "\(lines[0].dropLast(6))\n\(lines[1].dropLast())\n"
            try earlier.write(toFile: "\(votes)", atomically: true, encoding: .utf8)
            room = try VotingRoom(triplets, repeats: 0)
            #expect(room?.progress.done == 1)
            let next = try #require(room?.upcoming.first)
            #expect(try room?.judge(next.number, .right, rater: "Anna, K.") == true)
            let table = try String(contentsOfFile: "\(votes)", encoding: .utf8)
            #expect(table.hasPrefix("\(lines[0])\n\(lines[1])\n") && table.hasSuffix(",\"Anna, K.\"\n"))
            #expect(try JudgedSet.triplets(votes).items.count == 2)
        }
    }

    @Test("resumes where it was left, and the same seed gives the same order")
    func restart() throws {
        try Fixtures.withTemporaryFolder { folder in
            let table = try Self.table(10, in: folder)
            var seen: [VotingRoom.Trial] = []
            for sitting in 0..<4 {
                // A room that is closed lets go of its table.
                let room = try VotingRoom(table, repeats: 0.5, seed: 7)
                #expect(room.progress.done == 3 * sitting)
                for _ in 0..<3 {
                    let trial = try #require(room.upcoming.first)
                    seen.append(trial)
                    #expect(try room.judge(trial.number, .left))
                    #expect(try !room.judge(trial.number, .left), "a trial is judged once")
                }
            }
            let whole = try Fixtures.withTemporaryFolder { other in
                let room = try VotingRoom(Self.table(10, in: other), repeats: 0.5, seed: 7)
                return (0..<12).compactMap { room.trial(numbered: $0)?.left.name }
            }
            #expect(seen.map(\.left.name) == whole)
            let others = try VotingRoom(Self.table(10, in: folder.appending(path: "other")), repeats: 0.5, seed: 8)
            #expect((0..<12).compactMap { others.trial(numbered: $0)?.left.name } != whole)
        }
    }

    @Test("takes back the last judgment of the sitting, and one of an earlier sitting by its number")
    func undo() throws {
        try Fixtures.withTemporaryFolder { folder in
            let table = try Self.table(4, in: folder)
            let first: VotingRoom.Trial
            do {
                let room = try VotingRoom(table, repeats: 0)
                first = try #require(room.upcoming.first)
                #expect(try !room.undo())
                #expect(try room.judge(first.number, .left))
            }
            let room = try VotingRoom(table, repeats: 0)
            #expect(room.upcoming.first != first)
            #expect(try !room.undo(), "the last one of the sitting would be another's")
            #expect(room.progress.done == 1)
            #expect(try room.undo(1) && !room.undo(1) && !room.undo(2))
            #expect(room.upcoming.first == first && room.progress.done == 0)
            #expect(String(decoding: room.table, as: UTF8.self).split(separator: "\n").count == 1)
        }
    }

    @Test("keeps what another program has changed in the table, and never takes that back")
    func foreignChange() throws {
        try Fixtures.withTemporaryFolder { folder in
            let room = try VotingRoom(Self.table(4, in: folder), repeats: 0)
            let trials = room.upcoming
            #expect(try room.judge(trials[0].number, .left))
            let file = URL(filePath: "\(room.votes)")
            let before = try String(contentsOf: file, encoding: .utf8)
            let line = "strange,ref-0.png,left-0.png,right-0.png,1,train,0,0,,2026-01-01T00:00:00Z,\n"
            try Data((before + line).utf8).write(to: file)
            #expect(try room.judge(trials[1].number, .right))
            let after = try String(contentsOf: file, encoding: .utf8)
            #expect(after.hasPrefix(before + line) && after.split(separator: "\n").count == 4)
            for _ in 0..<2 { #expect(try room.undo()) }
            #expect(try !room.undo())
            let header = before.split(separator: "\n")[0]
            #expect(try String(contentsOf: file, encoding: .utf8) == "\(header)\n\(line)")
            // The journal has all of it, in the order in which it was.
            let journal = try String(
                contentsOf: folder.appending(path: "mine.votes.journal.ndjson"), encoding: .utf8)
            let actions = journal.split(separator: "\n").map { line in
                ["judged", "undone", "changed"].first { line.contains("\"action\":\"\($0)\"") } ?? "\(line)"
            }
            #expect(actions == ["judged", "changed", "judged", "undone", "undone"])
        }
    }

    @Test("passes over what is skipped until it is opened again")
    func skipping() throws {
        try Fixtures.withTemporaryFolder { folder in
            let table = try Self.table(2, in: folder)
            let first: VotingRoom.Trial
            do {
                let room = try VotingRoom(table, repeats: 1)
                first = try #require(room.upcoming.first)
                #expect(try room.skip(first.number))
                while let trial = room.upcoming.first {
                    #expect(
                        trial.reference == first.reference
                            && Set([trial.left, trial.right]) != [first.left, first.right])
                    #expect(try room.judge(trial.number, .right))
                }
                #expect(room.progress.done == 2 && room.progress.skipped == 1)
            }
            #expect(try VotingRoom(table, repeats: 1).upcoming == [first])
        }
    }

    @Test("keeps the parts that the table has, and writes whole paths where the votes lie elsewhere")
    func elsewhere() throws {
        try Fixtures.withTemporaryFolder { folder in
            let table = try Self.table(1, in: folder, header: "ref,left,right")
            try Images.text(
                "id,split,ref,left,right\nx7,test,ref-0.png,left-0.png,\"right-0.png\"\n",
                to: folder.appending(path: "mine.csv"))
            let votes = folder.appending(path: "other/votes.csv")
            try FileManager.default.createDirectory(
                at: votes.deletingLastPathComponent(), withIntermediateDirectories: true)
            let room = try VotingRoom(table, votes: votes.imagePath)
            #expect(try room.judge(0, .left))
            let item = try #require(try JudgedSet.triplets(votes.imagePath).items.first)
            #expect(item.id == "x7" && item.labels == ["test"])
            #expect(item.images[0].description == folder.appending(path: "ref-0.png").path)
        }
    }

    @Test(
        "says what is wrong with a table",
        arguments: [
            ("ref,left\na.png,b.png\n", DreamSimError.Kind.missingColumn, "right"),
            ("ref,left,right\n", .empty, "no triplets"),
            ("ref,left,right\na.png,b.png,none.png\n", .unreadable, "none.png"),
            ("ref,left,right\na.png,b.png,../outside.png\n", .badValue, "outside"),
            ("ref,left,right\na.png,b.png,link.png\n", .badValue, "outside"),
            ("ref,left,right\na.png,b.png,b.png\n", .badValue, "twice"),
            ("ref,left,right\na.png,b.png,c.png\na.png,b.png,c.png\n", .duplicate, "earlier"),
            ("ref,left,right\na.png,b.png\n", .malformed, "2 fields"),
        ])
    func faults(text: String, kind: DreamSimError.Kind, mention: String) throws {
        try Fixtures.withTemporaryFolder { outer in
            let folder = outer.appending(path: "set")
            for name in ["set/a.png", "set/b.png", "set/c.png", "outside.png"] {
                try Images.gray(7, to: outer.appending(path: name))
            }
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: "link.png"), withDestinationURL: outer.appending(path: "outside.png"))
            let file = folder.appending(path: "mine.csv")
            try Images.text(text, to: file)
            let error = try #require(throws: DreamSimError.self) { try VotingRoom(file.imagePath) }
            #expect(error.kind == kind && error.description.contains(mention), "\(error)")
            if mention == "outside" {
                // The folder that is allowed makes it right.
                #expect(try VotingRoom(file.imagePath, root: outer.imagePath).upcoming.count == 1)
            }
        }
    }

    @Test("leaves other tables alone, and is alone with its own")
    func others() throws {
        try Fixtures.withTemporaryFolder { folder in
            let table = try Self.table(2, in: folder)
            let error = try #require(throws: DreamSimError.self) { try VotingRoom(table, votes: table) }
            #expect(error.kind == .unwritable)
            let foreign = folder.appending(path: "foreign.csv")
            try Images.text("ref,left,right,vote\na,b,c,1\n", to: foreign)
            #expect(throws: DreamSimError.self) { try VotingRoom(table, votes: foreign.imagePath) }
            #expect(try String(contentsOf: foreign, encoding: .utf8) == "ref,left,right,vote\na,b,c,1\n")
            let room = try VotingRoom(table)
            let busy = try #require(throws: DreamSimError.self) { try VotingRoom(table) }
            #expect(busy.kind == .locked)
            // A folder that cannot be written is told of, and nothing counts as judged.
            try FileManager.default.removeItem(at: folder)
            #expect(throws: DreamSimError.self) { try room.judge(0, .left) }
            #expect(room.progress.done == 0)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
    }
}
