import DreamSim
import DreamSimEvaluation
import Foundation
import TestSupport
import Testing

@Suite("Checking triplets")
struct TripletCheckTests {
    private static func images(_ names: [String], in folder: URL) throws {
        for (index, name) in names.enumerated() { try Images.noise(UInt64(index), to: folder.appending(path: name)) }
    }

    @Test("Every fault of a table is found, with its line, in one reading")
    func faults() throws {
        try Fixtures.withTemporaryFolder { folder in
            try Self.images(["a.png", "b.png", "c.png", "d.png"], in: folder)
            try Images.text("no image", to: folder.appending(path: "broken.png"))
            let rows = [
                "a.png,b.png,c.png,1,train", "b.png,c.png,d.png,left,train", "c.png,a.png,b.png,0.5,train",
                "a.png,c.png,b.png,1,train", "b.png,c.png,d.png,0,train", "d.png,a.png,b.png,1.5,train",
                "d.png,a.png,a.png,0.2,train", "a.png,b.png,d.png,0.8,val", "d.png,gone.png,b.png,0,train",
                "d.png,c.png,broken.png,nan,train", "d.png,,c.png,1,train", "a.png,b.png",
                "a.png,b.png,c.png,1,train,x",
            ]
            let file = folder.appending(path: "votes.csv")
            try Images.text("ref,left,right,vote,split\n" + rows.joined(separator: "\n") + "\n", to: file)
            var last = (0, 0)
            let check = try TripletCheck(file.imagePath) { last = ($0, $1) }
            #expect(check.rows == 13 && check.splits.map(\.name) == ["train", "val"])
            #expect(check.splits.map(\.count) == [10, 1] && check.votes == [3, 1, 1, 1, 3])
            #expect(check.images == 6 && last == (6, 6) && !check.isUsable)
            #expect(
                check.faults.map { "\($0.line) \($0.kind.rawValue)" } == [
                    "5 contradictory triplet", "6 triplet given twice", "7 vote out of range",
                    "8 same image twice in a triplet", "9 reference in two splits", "10 missing image",
                    "11 unreadable image", "11 vote out of range", "12 no path", "13 row that cannot be read",
                    "14 row that cannot be read",
                ])
            #expect(check.faults[5].reason.contains("gone.png"))
        }
    }

    @Test("A sound table is usable, also with what is only odd; the template is such a table")
    func sound() throws {
        try Fixtures.withTemporaryFolder { folder in
            let names = ["a", "b", "c"].flatMap { ["\($0).jpg", "\($0)-blurred.jpg", "\($0)-cropped.jpg"] }
            try Self.images(names.map { "photos/" + $0 }, in: folder)
            let file = folder.appending(path: "template.csv")
            try Images.text(TripletCheck.template, to: file)
            let check = try TripletCheck(file.imagePath)
            #expect(check.isUsable && check.faults.isEmpty && check.rows == 3 && check.images == 9)
            #expect(check.votes == [1, 0, 0, 1, 1])
            let set = try JudgedSet.triplets(file.imagePath, split: "train")
            #expect(set.items.map(\.judgment) == [.rightShare(1), .rightShare(0)])
            let row = "photos/a.jpg,photos/b.jpg,photos/c.jpg,1,train\n"
            try Images.text("ref,left,right,vote,split\n" + row + row, to: file)
            let odd = try TripletCheck(file.imagePath)
            #expect(odd.isUsable && odd.faults.map(\.kind) == [.duplicate])
            try Images.text("ref,left,right,vote\n", to: file)
            #expect(try !TripletCheck(file.imagePath).isUsable)
        }
    }

    @Test("NIGHTS: rows of few votes are counted; a table without a column is no set")
    func nights() throws {
        try Fixtures.withTemporaryFolder { folder in
            try Self.images(["a.png", "l.png", "r.png", "b.png"], in: folder)
            let root = try DataSetTests.nights(
                ["1,0,1,6,a.png,l.png,r.png,train,True", "2,0,1,5,b.png,l.png,r.png,val,True"], in: folder)
            let check = try TripletCheck(root)
            #expect(check.belowMinimum == 1 && check.rows == 2 && check.images == 3 && check.isUsable)
            _ = try DataSetTests.nights(["1,0,1,6,a.png,l.png,r.png,test,True"], in: folder)
            let test = try TripletCheck(root)
            #expect(test.learnt == 0 && !test.isUsable && test.faults.isEmpty)
            try Images.text("ref,left,vote\n", to: folder.appending(path: "x.csv"))
            let error = try #require(throws: DreamSimError.self) {
                try TripletCheck(folder.appending(path: "x.csv").imagePath)
            }
            #expect(error.kind == .missingColumn)
        }
    }
}
