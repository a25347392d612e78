import DreamSimRetrieval
import DreamSimSupport
import Foundation
import GRDB
import TestSupport
import Testing

/// What a writer leaves that was killed while it wrote.
@Suite("Abandoned temporary files")
struct AbandonedFileTests {
    private static func names(_ folder: URL) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
    }

    @Test("Those that nobody writes are removed; those that somebody writes, links, folders and other files stay")
    func removal() throws {
        try Fixtures.withTemporaryFolder { home in
            let part = Data("part".utf8)
            for name in [".dreamsim-a.part", ".dreamsim-2.part", "a.part", ".dreamsim-b", "x.dreamsim-c.part"] {
                try part.write(to: home.appending(path: name))
            }
            let manager = FileManager.default
            let target = home.appending(path: "a.part")
            try manager.createSymbolicLink(at: home.appending(path: ".dreamsim-link.part"), withDestinationURL: target)
            try manager.createDirectory(
                at: home.appending(path: ".dreamsim-folder.part"), withIntermediateDirectories: true)
            #expect(mkfifo(home.appending(path: ".dreamsim-pipe.part").path, 0o600) == 0)
            let file = try AtomicFile(replacing: home.appending(path: "whole").path.utf8)
            try file.append(Array("whole".utf8))
            AtomicFile.removeAbandoned(in: home.path.utf8)
            AtomicFile.removeAbandoned(in: home.appending(path: "none").path.utf8)
            var left = try Self.names(home)
            #expect(left.remove(URL(filePath: file.temporaryPath).lastPathComponent) != nil)
            #expect(
                left == [
                    "a.part", ".dreamsim-b", "x.dreamsim-c.part", ".dreamsim-link.part", ".dreamsim-folder.part",
                    ".dreamsim-pipe.part",
                ])
            try file.commit()
            AtomicFile.removeAbandoned(in: home.path.utf8)
            #expect(try String(contentsOf: home.appending(path: "whole"), encoding: .utf8) == "whole")
        }
    }

    @Test("The first file that a process writes into a folder removes what others left there")
    func firstWrite() throws {
        try Fixtures.withTemporaryFolder { home in
            let left = home.appending(path: ".dreamsim-left.part")
            try Data("part".utf8).write(to: left)
            try AtomicFile.write(Array("whole".utf8), to: home.appending(path: "whole").path.utf8)
            #expect(try Self.names(home) == ["whole"])
        }
    }

    @Test(
        "A creation that was killed after the database's first table is taken up; an export that was killed is replaced"
    )
    func halfMade() throws {
        try Fixtures.withTemporaryFolder { home in
            let url = home.appending(path: "index")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try DatabaseQueue(index: url).write {
                try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
            }
            #expect(try StoreTests.kind { _ = try IndexReader(url) } == .missing)
            _ = try IndexWriter(url, settings: SyntheticIndex.settings(4))
            #expect(try IndexReader(url).settings.width == 4)
        }
        try SyntheticIndex.with(SyntheticIndex.clouds(3, of: 1)) { index in
            let (out, half) = (
                index.home.appending(path: "out"), index.home.appending(path: ".out.dreamsim-export/img_emb")
            )
            try FileManager.default.createDirectory(at: half, withIntermediateDirectories: true)
            try Data("half".utf8).write(to: half.appending(path: "img_emb_7.npy"))
            #expect(try index.reader.export(to: out, as: .npy) == 3)
            #expect(try Self.names(out) == ["img_emb", "metadata", "stamp.json"])
            #expect(try Self.names(out.appending(path: "img_emb")) == ["img_emb_0.npy"])
            #expect(try Self.names(index.home).filter { $0.hasPrefix(".") }.isEmpty)
            // What is not empty stays as it is.
            #expect(try StoreTests.kind { _ = try index.reader.export(to: out, as: .npy) } == .badRequest)
        }
    }

    @Test("Another process's lock protects its file until the process is killed")
    func otherProcess() throws {
        try Fixtures.withTemporaryFolder { home in
            let file = home.appending(path: ".dreamsim-other.part")
            let child = Process()
            child.executableURL = URL(filePath: "/usr/bin/env")
            child.arguments = ["flock", file.path, "sh", "-c", "echo locked; exec sleep 60"]
            let pipe = Pipe()
            child.standardOutput = pipe
            try child.run()
            // Without the program `flock` there is nothing to see.
            guard !pipe.fileHandleForReading.availableData.isEmpty else { return }
            AtomicFile.removeAbandoned(in: home.path.utf8)
            #expect(FileManager.default.fileExists(atPath: file.path))
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
            // The sleep that holds the lock too has another number.
            let deadline = Date(timeIntervalSinceNow: 70)
            while FileManager.default.fileExists(atPath: file.path), Date() < deadline {
                AtomicFile.removeAbandoned(in: home.path.utf8)
                usleep(10_000)
            }
            #expect(!FileManager.default.fileExists(atPath: file.path))
        }
    }

    @Test("Many write and tidy up at once, and every file arrives")
    func together() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<100 {
                        try AtomicFile.write(
                            Array("\(number)".utf8), to: home.appending(path: "\(task)-\(number)").path.utf8)
                        AtomicFile.removeAbandoned(in: home.path.utf8)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try Self.names(home).count == 400)
    }

    @Test("The next writer of an index, and the next graph, remove what was left in its folder")
    func index() throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(5, of: 2)) { index in
            let left = index.url.appending(path: ".dreamsim-killed.part")
            try Data(count: 100).write(to: left)
            try index.reader.buildNeighbors()
            #expect(!FileManager.default.fileExists(atPath: left.path))
            try Data(count: 100).write(to: left)
            _ = try IndexWriter(index.url, settings: SyntheticIndex.settings(24))
            #expect(!FileManager.default.fileExists(atPath: left.path))
            #expect(try index.reader.check().faults.isEmpty && index.reader.neighbors() != nil)
        }
    }
}
