import DreamSimWeights
import Foundation
import TestSupport
import Testing

@Suite("Downloads") struct DownloadTests {
    @Test("a plain file is fetched, checked, put in place, and not fetched again")
    func plain() async throws {
        let contents = Release.plain().contents
        let digest = try Fixtures.withTemporaryFolder { folder in
            try Data(contents).write(to: folder.appending(path: "x"))
            return try ModelStore.sha256(of: folder.appending(path: "x"))
        }
        try await withStore(contents) { fixture in
            let log = ProgressLog()
            let source = Release.plain(sha256: digest.uppercased()).source
            try await fixture.store.fetch(source) { log.append($0) }
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
            #expect(fixture.downloads.isEmpty)
            #expect(fixture.server.requests == [TestServer.Request(path: "/files/weights.bin")])
            let last = try #require(log.all.last { $0.phase == .downloading })
            #expect(last.receivedBytes == contents.count)
            #expect(last.totalBytes == contents.count)
            #expect(log.all.contains { $0.phase == .verifying })
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test(
        "what a process left that was killed after the file was in place goes with the next fetch, which asks for nothing"
    )
    func leftovers() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            try await fixture.store.fetch(source)
            let home = fixture.store.configuration.home
            let locks = try FileManager.default.contentsOfDirectory(atPath: home.appending(path: "locks").path)
            // Everything of a source begins with the name of its lock.
            let key = try #require(locks.first { $0.hasSuffix(".lock") && $0 != "digests.lock" }).dropLast(5)
            let name = key + ".part"
            let folders = (fixture.store.downloadsFolder, home.appending(path: "records"))
            let left = [
                folders.0.appending(path: name), folders.0.appending(path: name + ".json"),
                folders.0.appending(path: ".\(name).json.tmp"), folders.1.appending(path: ".\(key).json.tmp"),
            ]
            for url in left { try Data("left".utf8).write(to: url) }
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.count == 1)
            for url in left { #expect(!FileManager.default.fileExists(atPath: url.path), "\(url.lastPathComponent)") }
        }
    }

    @Test("a file in chunks, without a length, is fetched")
    func chunked() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.chunked] }
            try await fixture.store.fetch(source)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("a wrong hash removes the download and shows both digests")
    func wrongHash() async throws {
        let expected = String(repeating: "ab", count: 32)
        let (contents, source) = Release.plain(sha256: expected)
        try await withStore(contents) { fixture in
            let error = await failure(fixture.store, source)
            #expect(error.kind == .mismatch)
            #expect(error.reason.contains(expected))
            #expect(error.reason.contains("its SHA-256 is "))
            #expect(fixture.downloads.isEmpty)
            #expect(fixture.weights.isEmpty)
        }
    }

    @Test("a wrong hash of the item alone removes the download too")
    func wrongItemHash() async throws {
        let item = WeightSource.Item(member: nil, path: "a.bin", sha256: String(repeating: "0", count: 64))
        try await withStore(Release.backbone) { fixture in
            let error = await failure(fixture.store, Release.source(packaging: .plain, items: [item]))
            #expect(error.kind == .mismatch)
            #expect(fixture.downloads.isEmpty && fixture.weights.isEmpty)
        }
    }

    @Test("another size than the catalog's is refused before anything is fetched")
    func wrongSize() async throws {
        let item = WeightSource.Item(member: nil, path: "a.bin")
        let source = Release.source(packaging: .plain, items: [item], byteCount: 5)
        try await withStore(Release.backbone) { fixture in
            let error = await failure(fixture.store, source)
            #expect(error.kind == .mismatch)
            #expect(error.reason.contains("700000") && error.reason.contains("5"))
            #expect(fixture.partialSize == 0)
        }
    }

    @Test("a short body is gone on with from where it stopped")
    func shortBody() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.cut(after: 1_000_000), .cut(after: 500_000)] }
            try await fixture.store.fetch(source)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
            #expect(fixture.server.requests.map(\.ifRange) == [nil, "\"one\"", "\"one\""])
            let offsets = fixture.server.offsets
            #expect(offsets[0] == 0)
            #expect((1...1_000_000).contains(offsets[1]))
            #expect((offsets[1]...1_500_000).contains(offsets[2]))
        }
    }

    @Test("a body that stays short is a resumable error, and the next call resumes")
    func shortBodies() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = Array(repeating: .cut(after: 100_000), count: 4) }
            let error = await failure(fixture.store, source)
            #expect(error.kind == .interrupted)
            #expect(error.isResumable)
            let partial = fixture.partialSize
            #expect((1...400_000).contains(partial))
            #expect(error.reason.contains("\(partial)"), "\(error)")
            #expect(fixture.weights.isEmpty)
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.last?.range == "bytes=\(partial)-")
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("a 200 after a Range request restarts")
    func ignoredRange() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.cut(after: 1_000_000), .ignoreRange] }
            try await fixture.store.fetch(source)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
            #expect(fixture.server.offsets.count == 2)
            #expect(fixture.server.offsets[1] > 0)
        }
    }

    @Test("a changed entity tag restarts, whether the server minds If-Range or not")
    func changedTag() async throws {
        let (old, source) = Release.plain()
        let new = Release.noise(2_000_000, seed: 77)
        for minds in [true, false] {
            try await withStore(old) { fixture in
                let faults: [TestServer.Fault] = Array(repeating: .cut(after: 250_000), count: 4)
                fixture.server.change { $0.faults = faults }
                _ = await failure(fixture.store, source)
                let partial = fixture.partialSize
                #expect(partial > 0)
                fixture.server.change {
                    $0.contents = new
                    // A server that does not mind If-Range answers 206 with the other tag.
                    if minds { $0.entityTag = "\"two\"" } else { $0.faults = [.otherTag] }
                }
                try await fixture.store.fetch(source)
                #expect(try fixture.contents("checkpoints/weights.bin") == new)
                #expect(fixture.server.requests.last?.range == (minds ? "bytes=\(partial)-" : nil))
            }
        }
    }

    @Test(
        "without a strong entity tag the date of the last change is what is gone by, and without it nothing is reused")
    func validators() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change {
                ($0.entityTag, $0.lastModified) = ("W/\"weak\"", "Tue, 01 Jul 2025 10:00:00 GMT")
                $0.faults = [.cut(after: 1_000_000)]
            }
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.last?.ifRange == "Tue, 01 Jul 2025 10:00:00 GMT")
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
        try await withStore(contents) { fixture in
            fixture.server.change {
                ($0.entityTag, $0.lastModified) = (nil, nil)
                $0.faults = [.cut(after: 1_000_000)]
            }
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.map(\.range) == [nil, nil])
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test(
        "a wrong Content-Range is refused, and the attempt after it starts anew",
        arguments: [
            "bytes 999999-2999999/3000000", "bytes 0-2999999/3000000", "bytes 1000000-2999999/1", "garbage",
            "bytes 1000000-1999999/3000000", "bytes 2000000-1000000/3000000",
            "bytes 1000000-99999999999999999999/3000000",
        ])
    func wrongRange(_ range: String) async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.cut(after: 1_000_000), .range(range)] }
            let error = await failure(fixture.store, source)
            #expect(error.kind == .refused)
            #expect(error.reason.contains(range))
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.last?.range == nil)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("a stalled socket times out, and the next call resumes")
    func stalled() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents, { ($0.attempts, $0.stallTimeout) = (2, .milliseconds(600)) }) { fixture in
            fixture.server.change { $0.faults = [.stall(after: 1_000_000), .stall(after: 0)] }
            let error = await failure(fixture.store, source)
            #expect(error.kind == .interrupted)
            #expect(error.isResumable)
            #expect(error.reason.contains("nothing arrived for"), "\(error)")
            #expect((1...1_000_000).contains(fixture.partialSize))
            try await fixture.store { $0.stallTimeout = .seconds(20) }.fetch(source)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("passing faults of the server are tried again, lasting ones are not")
    func status() async throws {
        let (contents, source) = Release.plain(1000)
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.status(503), .status(429), .status(500)] }
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.count == 4)
        }
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.status(404)] }
            let error = await failure(fixture.store, source)
            #expect(error.kind == .network)
            #expect(error.reason.contains("404") && error.reason.contains("DREAMSIM_MIRROR"))
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test("a server that is not there is an error that says so")
    func unreachable() async throws {
        try await withStore([1]) { fixture in
            let store = fixture.store { $0.mirror = URL(string: "http://127.0.0.1:1/files") }
            let error = await failure(store, Release.plain().source)
            #expect(error.kind == .network)
            #expect(error.reason.contains("check the network"))
        }
    }

    @Test("a compressed answer and one that is too long are refused")
    func oddAnswers() async throws {
        let (contents, source) = Release.plain(1000)
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.extraHeaders(["Content-Encoding: gzip"])] }
            #expect(await failure(fixture.store, source).kind == .refused)
            fixture.server.change { $0.faults = [.chunked] }
            let item = WeightSource.Item(member: nil, path: "a.bin")
            let small = Release.source(packaging: .plain, items: [item], byteCount: 10)
            #expect(await failure(fixture.store, small).kind == .mismatch)
        }
    }
}
