import DreamSim
import DreamSimEvaluation
import Foundation
import TestSupport
import Testing

@Suite("Data sets")
struct DataSetTests {
    static let header = "id,left_vote,right_vote,votes,ref_path,left_path,right_path,split,is_imagenet"

    static func nights(_ rows: [String], header: String = header, in folder: URL) throws -> ImagePath {
        try Images.text(([header] + rows).joined(separator: "\n") + "\n", to: folder.appending(path: "data.csv"))
        return folder.imagePath
    }

    @Test("NIGHTS: columns go by name, few votes are left out, and test is both of its parts")
    func nights() throws {
        try Fixtures.withTemporaryFolder { folder in
            // Columns in another order, and one that nobody knows.
            let root = try Self.nights(
                [
                    "test,1,7,a.png,l.png,\"r,1.png\",True,x,1", "test,0,6,b.png,l.png,r.png,False,x,2",
                    "test,0,5,c.png,l.png,r.png,False,x,3", "val,1,9,d.png,l.png,r.png,True,x,4",
                ], header: "split,right_vote,votes,ref_path,left_path,right_path,is_imagenet,prompt,id", in: folder)
            let test = try JudgedSet.nights(root)
            #expect(test.items.map(\.id) == ["1", "2"] && test.leftOut == 2)
            #expect(test.parts == ["test_imagenet", "test_no_imagenet"])
            #expect(test.items[0].images.map(\.name) == ["a.png", "l.png", "r,1.png"])
            #expect(test.items[0].images[0].description == folder.appending(path: "a.png").path)
            #expect(test.items.map(\.judgment) == [.rightShare(1), .rightShare(0)])
            #expect(try JudgedSet.nights(root, split: .testNoImageNet).items.map(\.id) == ["2"])
            #expect(try JudgedSet.nights(root, split: .val).items.map(\.id) == ["4"])
            #expect(try JudgedSet.nights(root, split: .all, minimumVotes: 0).items.count == 4)
            #expect(test.digest != (try JudgedSet.nights(root, split: .val).digest))
        }
    }

    @Test(
        "NIGHTS: faults are named with their line",
        arguments: [
            ("id,votes,ref_path,left_path,right_path,split", "1,6,a,b,c,test", .missingColumn, "right_vote"),
            ("right_vote,votes,ref_path,left_path,right_path,split", "1.5,6,a,b,c,test", .badValue, "right_vote"),
            ("right_vote,votes,ref_path,left_path,right_path,split", "nan,6,a,b,c,test", .badValue, "nan"),
            ("right_vote,votes,ref_path,left_path,right_path,split", "1,six,a,b,c,test", .badValue, "six"),
            ("right_vote,votes,ref_path,left_path,right_path,split", "1,6,a,b,c", .malformed, "5 fields"),
            ("right_vote,votes,ref_path,left_path,right_path,split", "1,6,a,b,c,val", .empty, "split test"),
            ("right_vote,votes,ref_path,left_path,right_path,split", "1,6,\"a,b,c,val", .malformed, "quotation"),
            ("right_vote,right_vote,votes,ref_path,left_path,right_path,split", "1,1,6,a,b,c,test", .malformed, "two"),
            ("right_vote,votes,ref_path,left_path,right_path,split", "1,6,,b,c,test", .badValue, "ref_path"),
        ] as [(String, String, DreamSimError.Kind, String)])
    func faults(header: String, row: String, kind: DreamSimError.Kind, mention: String) throws {
        try Fixtures.withTemporaryFolder { folder in
            let root = try Self.nights([row], header: header, in: folder)
            let error = try #require(throws: DreamSimError.self) { try JudgedSet.nights(root) }
            #expect(error.kind == kind && "\(error)".contains(mention), "\(error)")
            #expect(error.subject.contains(folder.path))
            if kind == .badValue { #expect(error.line == 2) }
        }
    }

    @Test("A missing or empty file says so")
    func absent() throws {
        try Fixtures.withTemporaryFolder { folder in
            let error = try #require(throws: DreamSimError.self) { try JudgedSet.nights(folder.imagePath) }
            #expect(error.kind == .unreadable)
            try Images.text("", to: folder.appending(path: "data.csv"))
            let empty = try #require(throws: DreamSimError.self) { try JudgedSet.nights(folder.imagePath) }
            #expect(empty.kind == .empty)
        }
    }

    @Test("An id that NIGHTS holds twice is told apart and noted")
    func twice() throws {
        try Fixtures.withTemporaryFolder { folder in
            let row = "7,0,1,6,a,b,c,test,True"
            let set = try JudgedSet.nights(try Self.nights([row, row], in: folder))
            #expect(set.items.map(\.id) == ["7", "7#2"] && set.notes.count == 1)
        }
    }

    @Test("A table of very many columns is refused at once, and not all of them are named", .timeLimit(.minutes(1)))
    func manyColumns() throws {
        try Fixtures.withTemporaryFolder { folder in
            let names = (0..<400_000).map { "column \($0)" }
            let root = try Self.nights([], header: names.joined(separator: ","), in: folder)
            let error = try #require(throws: DreamSimError.self) { try JudgedSet.nights(root) }
            #expect(error.kind == .missingColumn && error.reason.hasSuffix("column 49 and 399950 more"))
        }
    }

    @Test("BAPPS: each folder's judgments, the share for p1")
    func bapps() throws {
        try Fixtures.withTemporaryFolder { folder in
            for (kind, stem, share) in [("cnn", "000001", 0.25), ("cnn", "000000", 1), ("color", "000000", 0.5)] {
                try Images.number(Float(share), to: folder.appending(path: "val/\(kind)/judge/\(stem).npy"))
            }
            let set = try JudgedSet.bapps(folder.imagePath)
            #expect(set.items.map(\.id) == ["cnn/000000", "cnn/000001", "color/000000"])
            #expect(set.items.map(\.judgment) == [.rightShare(1), .rightShare(0.25), .rightShare(0.5)])
            #expect(
                set.items[0].images.map(\.description)
                    == ["ref", "p0", "p1"].map { folder.appending(path: "val/cnn/\($0)/000000.png").path })
            #expect(set.parts == ["cnn", "color"])
            // The folder `val` itself will do, and so will what holds 2afc.
            #expect(try JudgedSet.bapps(folder.appending(path: "val").imagePath).items.count == 3)
            try Images.number(7, to: folder.appending(path: "val/cnn/judge/000002.npy"))
            let error = try #require(throws: DreamSimError.self) { try JudgedSet.bapps(folder.imagePath) }
            #expect(error.kind == .badValue && error.subject.hasSuffix("000002.npy"))
            let none = try #require(throws: DreamSimError.self) {
                try JudgedSet.bapps(folder.appending(path: "val/cnn").imagePath)
            }
            #expect(none.kind == .unreadable)
        }
    }

    @Test("JND: pairs with the share of 'same'")
    func jnd() throws {
        try Fixtures.withTemporaryFolder { folder in
            try Images.number(1, to: folder.appending(path: "jnd/val/cnn/same/a.npy"))
            try Images.number(0, to: folder.appending(path: "jnd/val/traditional/same/b.npy"))
            let set = try JudgedSet.jnd(folder.imagePath)
            #expect(set.task == .sameOrNot && set.items.map(\.id) == ["traditional/b", "cnn/a"])
            #expect(set.items.map(\.judgment) == [.sameShare(0), .sameShare(1)])
            #expect(set.items[1].images.map(\.name) == ["a.png", "a.png"])
        }
    }

    @Test("THINGS: three names a line, with or without extension")
    func things() throws {
        try Fixtures.withTemporaryFolder { folder in
            for name in ["a.png", "b.jpg", "c d.png"] {
                try Images.gray(9, to: folder.appending(path: "images/\(name)"))
            }
            let list = folder.appending(path: "odd.txt")
            try Images.text("a b a.png\r\n\nc d,a.png,b\n", to: list)
            let set = try JudgedSet.things(list.imagePath, images: folder.appending(path: "images").imagePath)
            #expect(set.items.map(\.id) == ["1", "3"] && set.name == "odd")
            #expect(set.items[0].images.map(\.name) == ["a.png", "b.jpg", "a.png"])
            #expect(set.items[1].images.map(\.name) == ["c d.png", "a.png", "b.jpg"])
            try Images.text("a b\n", to: list)
            let error = try #require(throws: DreamSimError.self) { try JudgedSet.things(list.imagePath) }
            #expect(error.kind == .malformed && error.line == 1)
        }
    }

    @Test("One's own triplets and pairs: words or shares, weights, groups and splits")
    func tables() throws {
        try Fixtures.withTemporaryFolder { folder in
            let triplets = folder.appending(path: "mine.csv")
            try Images.text(
                "\u{FEFF}ref,left,right,vote,weight,group,split\na,b,c,left,2,x,t\na,b,/d,0.75,1,y,t\na,b,c,right,1,y,u\n",
                to: triplets)
            let set = try JudgedSet.triplets(triplets.imagePath, split: "t")
            #expect(set.items.map(\.judgment) == [.rightShare(0), .rightShare(0.75)])
            #expect(set.items.map(\.weight) == [2, 1] && set.parts == ["x", "y"] && set.leftOut == 1)
            #expect(set.items[1].images[2].description == "/d")
            let pairs = folder.appending(path: "pairs.csv")
            try Images.text("id,a,b,same\np,a,b,1\nq,a,c,no\n", to: pairs)
            #expect(try JudgedSet.pairs(pairs.imagePath).items.map(\.judgment) == [.sameShare(1), .sameShare(0)])
            try Images.text("id,a,b,same\np,a,b,1\np,a,c,no\n", to: pairs)
            let twice = try #require(throws: DreamSimError.self) { try JudgedSet.pairs(pairs.imagePath) }
            #expect(twice.kind == .duplicate && twice.reason.contains("'p'"))
            try Images.text("a,b,same\na,b,maybe\n", to: pairs)
            let bad = try #require(throws: DreamSimError.self) { try JudgedSet.pairs(pairs.imagePath) }
            #expect(bad.kind == .badValue && bad.line == 2)
        }
    }

    @Test("The digest is of what was judged, not of where it lies")
    func digest() throws {
        let digests = try (0..<2).map { _ in
            try Fixtures.withTemporaryFolder { folder in
                try JudgedSet.nights(try Self.nights(["7,0,1,6,a,b,c,test,True"], in: folder)).digest
            }
        }
        #expect(digests[0] == digests[1] && digests[0].count == 64)
    }
}
