import DreamSimCheckpoints
import Foundation
import TestSupport
import Testing

@Suite("dreamsim sets")
struct SetsCommandTests {
    private static let files = ["real", "generated"].map { Fixtures.file("sets/\($0).npy").path }
    private static let samples = Fixtures.packageRoot.appending(path: "Samples").path

    @Test("Two files of embeddings have scores, in every layout")
    func layouts() throws {
        try Fixtures.withTemporaryFolder { home in
            func run(_ more: [String]) throws -> CommandRun {
                try CommandRun(["sets", "--embeddings"] + Self.files + more, home: home)
            }
            let table = try run([])
            #expect(table.code == 0 && table.output.contains("precision") && table.output.contains("lower is nearer"))
            #expect(table.output.contains("120 images") && table.output.contains("note: fd grows as sets shrink"))
            let json = try run(["--format", "json", "--score", "fd,recall", "-q"]).json()
            let scores = try #require(json["scores"] as? [[String: Any]])
            #expect(scores.map { $0["score"] as? String } == ["fd", "recall"])
            let interval = try #require(scores[0]["interval"] as? [String: Double])
            let value = try #require(scores[0]["value"] as? Double)
            let (low, high) = (try #require(interval["low"]), try #require(interval["high"]))
            #expect(low < value && value < high)
            let lines = try run(["--format", "csv", "--score", "all", "-q"]).output.split(separator: "\n")
            #expect(lines.count == 9 && lines[0].hasPrefix("score,value,low,high"))
            #expect(try run(["--format", "ndjson", "-q"]).output.split(separator: "\n").count == 7)
        }
    }

    @Test("Statistics are saved and used in place of the embeddings, for fd alone")
    func statistics() throws {
        try Fixtures.withTemporaryFolder { home in
            let file = home.appending(path: "real.npz").path
            let saved = try CommandRun(["sets", Self.files[0], "--save-statistics", file, "-q"], home: home)
            #expect(saved.code == 0)
            func fd(_ sets: [String]) throws -> Double {
                let json = try CommandRun(["sets"] + sets + ["--score", "fd", "--format", "json", "-q"], home: home)
                    .json()
                return try #require((json["scores"] as? [[String: Any]])?.first?["value"] as? Double)
            }
            let (expected, found) = (try fd(Self.files), try fd([file, Self.files[1]]))
            #expect(abs(found - expected) < 1e-9 * expected)
            let other = try CommandRun(["sets", file, Self.files[1], "--score", "kd"], home: home)
            #expect(other.code == 2 && other.error.contains("score 'kd': needs embeddings"))
        }
    }

    @Test("One set has its diversity, pairs, a matrix; contributions have a line an image")
    func files() throws {
        try Fixtures.withTemporaryFolder { home in
            let matrix = home.appending(path: "distances.npy")
            let one = try CommandRun(
                ["sets", Self.files[0], "--matrix", matrix.path, "--pairs", "3", "--format", "json", "-q"], home: home)
            let nearest = try one.json()["nearest"] as? [Any]
            #expect(one.code == 0 && nearest?.count == 3)
            #expect(try Checkpoint(contentsOf: matrix).tensor("array").shape == [120, 120])
            let each = home.appending(path: "each.csv")
            let two = try CommandRun(["sets"] + Self.files + ["-o", each.path, "-q"], home: home)
            #expect(two.code == 0)
            let lines = try String(contentsOf: each, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 211 && lines[1].hasPrefix("real,0,,"))
            let page = try CommandRun(
                ["sets"] + Self.files + ["--html", home.appending(path: "page.html").path], home: home)
            #expect(page.code == 2 && page.error.contains("do not say which images"))
        }
    }

    @Test("What cannot be is said, and no number is given")
    func faults() throws {
        try Fixtures.withTemporaryFolder { home in
            let empty = home.appending(path: "empty")
            try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
            let integers = home.appending(path: "integers.npy")
            var header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }"
            header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
            try Data(
                [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8) + [UInt8](repeating: 0, count: 48)
            )
            .write(to: integers)
            let cases: [([String], Int32, String)] = [
                ([empty.path], 64, "no image was found"),
                ([Self.files[0], integers.path], 2, "save embeddings as float32 or float64"),
                (
                    Self.files + ["--neighbors", "90"], 2,
                    "has 90 images; score 'precision' with 90 neighbors needs at least 91"
                ),
                (Self.files + ["--score", "fid"], 64, "fid"),
                (Self.files + ["--matrix", home.appending(path: "m.npy").path], 64, "--matrix is for one set"),
                ([Self.files[0], "--score", "fd"], 64, "--score compares two sets"),
                (Self.files + ["--model", "lite"], 64, "embedded already"),
                (["--embeddings", Self.samples, Self.files[0]], 64, "--embeddings takes .npy and .npz files"),
                ([home.appending(path: "none.npy").path], 2, "none.npy"),
            ]
            for (arguments, code, text) in cases {
                let run = try CommandRun(["sets"] + arguments, home: home)
                #expect(
                    run.code == code && run.error.contains(text) && run.output.isEmpty, "\(arguments): \(run.error)")
            }
        }
    }

    @Test("Folders are embedded; a damaged image is told and left out, and the exit code says so")
    func folders() throws {
        try CommandTests.withBench { bench in
            let arguments = [
                "sets", bench.images.path, bench.images.path, "--neighbors", "2", "--score", "precision,fd",
            ]
            let whole = try bench.run(arguments + ["--format", "json", "-q"] + bench.model)
            let scores = try #require(whole.json()["scores"] as? [[String: Any]])
            #expect(whole.code == 0 && scores[0]["value"] as? Double == 1, "\(whole.error)")
            #expect((try whole.json()["metrics"] as? [Any])?.count == 1)
            let page = bench.home.appending(path: "page.html")
            try Data("no image".utf8).write(to: bench.images.appending(path: "d.png"))
            let broken = try bench.run(arguments + ["--html", page.path] + bench.model)
            #expect(broken.code == 2 && broken.error.contains("d.png") && broken.output.contains("3 images"))
            #expect(broken.output.contains("1 images cannot be read, and are left out"))
            #expect(try String(contentsOf: page, encoding: .utf8).contains("Images outside the other set"))
        }
    }

    @Test("Sets in different precisions are compared when that is asked for, and it is said")
    func precisions() throws {
        try CommandTests.withBench { bench in
            func embed(_ precision: String) throws -> String {
                let file = bench.home.appending(path: precision + ".npy").path
                let run = try bench.run(
                    ["embed", bench.images.path, "-o", file, "--precision", precision] + bench.model)
                #expect(run.code == 0, "\(run.error)")
                return file
            }
            let (exact, rounded) = (try embed("float32"), try embed("int16"))
            let arguments = ["sets", "--score", "kd", "--format", "json", "--embeddings", exact, rounded]
            let refused = try bench.run(arguments)
            #expect(refused.code == 2 && refused.output.isEmpty)
            #expect(refused.error.contains("compare across precisions (--across-precisions)"), "\(refused.error)")
            let asked = try bench.run(arguments + ["--across-precisions"])
            #expect(asked.code == 0 && asked.error.contains("float32.npy in float32, "), "\(asked.error)")
            #expect(asked.error.contains("int16.npy in int16"), "\(asked.error)")
            let same = try bench.run(Array(arguments.dropLast()) + [exact, "--across-precisions"])
            #expect(same.code == 0 && !same.error.contains("compared across"), "\(same.error)")
            let alone = try bench.run(["sets", exact, "--across-precisions"])
            #expect(alone.code == 64 && alone.error.contains("--across-precisions is for two sets"))
        }
    }

    @Test("Neighbors classify and find the images of folders by class")
    func neighbors() throws {
        try CommandTests.withBench { bench in
            let classes = try bench.classes()
            let each = bench.home.appending(path: "each.csv")
            let run = try bench.run(
                ["evaluate", "knn", classes, "-k", "1", "-o", each.path, "--format", "json", "-q"] + bench.model)
            // The same image lies in both classes, and takes the other's.
            let json = try run.json()
            #expect(run.code == 0 && json["protocol"] as? String == "leave-one-out", "\(run.error)")
            let lines = try String(contentsOf: each, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 5 && lines[1].contains("/one/a.png,one,two,1"))
            let train = try bench.run(
                ["evaluate", "knn", classes, "--train", classes, "-k", "1", "--format", "csv", "-q"] + bench.model)
            #expect(train.output.contains("all, top 1,4,0.75") || train.output.contains("\"all, top 1\",4,0.75"))
            let found = try bench.run(["evaluate", "retrieval", classes, "--recall-at", "1,3"] + bench.model)
            #expect(found.code == 0 && found.output.contains("R@3") && found.output.contains("1.0000"))
            let table = bench.home.appending(path: "queries.csv")
            try Data("query,relevant\nimages/a.png,classes/two/d.png\n".utf8).write(to: table)
            let asked = try bench.run(
                ["evaluate", "retrieval", classes, "--queries", table.path, "--format", "json", "-q"] + bench.model)
            let queries = try #require(try asked.json()["queries"] as? [[String: Any]])
            #expect(asked.code == 0 && queries.count == 1 && queries[0]["firstRank"] as? Int == 2)
            let one = try bench.run(["evaluate", "knn", bench.images.path] + bench.model)
            #expect(one.code == 2 && one.error.contains("a folder for each of at least two classes"))
        }
    }
}
