import DreamSimSupport
import DreamSimWeights
import Foundation
import TestSupport
import Testing

@Suite("Finding and verifying files") struct LocateTests {
    @Test("the user's folder is searched first and never written")
    func order() async throws {
        try await withStore(ZipBuilder(Release.members()).build()) { fixture in
            let own = fixture.folder.appending(path: "models")
            try FileManager.default.createDirectory(
                at: own.appending(path: "ensemble_lora"), withIntermediateDirectories: true)
            try Data([1, 2]).write(to: own.appending(path: "ensemble_lora/adapter_config.json"))
            let store = fixture.store { $0.weightsFolder = own }
            #expect(store.missingItems(of: Release.source()).count == 2)
            try await store.fetch(Release.source())
            #expect(StoreFixture.files(in: own) == ["ensemble_lora/adapter_config.json"])
            #expect(store.locate("ensemble_lora/adapter_config.json")?.path.hasPrefix(own.path) == true)
            // What is in the user's folder is not fetched again.
            #expect(fixture.weights == ["dino_vitb16_pretrain.pth", "ensemble_lora/adapter_model.safetensors"])
            #expect(store.locate("dino_vitb16_pretrain.pth")?.path.hasPrefix(store.weightsFolder.path) == true)
            #expect(store.locate("absent.pth") == nil)
            // A folder is no file.
            #expect(store.locate("ensemble_lora") == nil)
        }
    }

    @Test("offline, what is missing, where it is from and where it goes are said, and nothing is asked")
    func offline() async throws {
        try await withStore(ZipBuilder(Release.members()).build(), { $0.isOffline = true }) { fixture in
            let error = await failure(fixture.store, Release.source())
            #expect(error.kind == .offline)
            for part in [
                "https://example.invalid/releases/download/v1/dreamsim_ensemble_checkpoint.zip",
                "dino_vitb16_pretrain.pth", fixture.store.weightsFolder.path, "a weights folder that has them",
                "DREAMSIM_MIRROR",
            ] {
                #expect(error.description.contains(part), "\(part)")
            }
            #expect(fixture.server.requests.isEmpty)
            #expect(StoreFixture.files(in: fixture.folder).isEmpty)
            // With the files there, offline is no error.
            try await fixture.store { $0.isOffline = false }.fetch(Release.source())
            try await fixture.store.fetch(Release.source())
        }
    }

    @Test("what lies in the place of a file and is none is named, and not called missing", arguments: 0..<4)
    func noFile(how: Int) async throws {
        try await withStore(ZipBuilder(Release.members()).build()) { fixture in
            let place = fixture.store.weightsFolder.appending(path: "dino_vitb16_pretrain.pth")
            try FileManager.default.createDirectory(
                at: fixture.store.weightsFolder, withIntermediateDirectories: true)
            try fixture.store.checkPlace(of: "dino_vitb16_pretrain.pth")
            switch how {
            case 0: #expect(mkdir(place.path, 0o777) == 0)
            case 1: #expect(mkfifo(place.path, 0o666) == 0)
            case 2: #expect(symlink(place.path, place.path) == 0)
            default: #expect(symlink("/no/such/file", place.path) == 0)
            }
            let words = [
                "is a folder", "is a pipe, socket or device", "is a symbolic link that leads in a circle",
                "is a symbolic link to nothing",
            ][how]
            for path in ["dino_vitb16_pretrain.pth", place.path] {
                let error = #expect(throws: DreamSimError.self) { try fixture.store.checkPlace(of: path) }
                #expect(error?.subject == place.path && error?.problem.hasPrefix(words) == true, "\(error as Any)")
            }
            #expect(throws: DreamSimError.self) { try fixture.store.verify(Release.source()) }
        }
    }

    @Test("digests are recorded where the publisher has none, and a changed file is found")
    func verify() async throws {
        try await withStore(ZipBuilder(Release.members()).build()) { fixture in
            let source = Release.source()
            #expect(try fixture.store.verify(source).map(\.outcome) == [.missing, .missing, .missing])
            #expect(fixture.store.recordedDigest(of: source) == nil)
            try await fixture.store.fetch(source)
            #expect(try fixture.store.verify(source).map(\.outcome) == Array(repeating: .matchesRecord, count: 3))
            #expect(fixture.store.recordedDigest(of: source)?.count == 64)
            let url = try #require(fixture.store.locate("dino_vitb16_pretrain.pth"))
            var changed = Release.backbone
            changed[350_000] ^= 1
            try Data(changed).write(to: url)
            let results = try fixture.store.verify(source)
            let expected = try Fixtures.withTemporaryFolder { folder in
                try Data(Release.backbone).write(to: folder.appending(path: "x"))
                return try ModelStore.sha256(of: folder.appending(path: "x"))
            }
            #expect(results[0].outcome == .differs(expected: expected))
            #expect(!results[0].isGood && results[1].isGood)
            let pinned = [WeightSource.Item(member: nil, path: "dino_vitb16_pretrain.pth", sha256: expected)]
            #expect(try fixture.store.verify(Release.source(items: pinned))[0].outcome == .differs(expected: expected))
            try Data(Release.backbone).write(to: url)
            #expect(try fixture.store.verify(Release.source(items: pinned))[0].outcome == .matchesCatalog)
        }
    }

    @Test("a file that is not the one that was fetched or published is not loaded; in the user's folder it is said")
    func confirmed() async throws {
        try await withStore(ZipBuilder(Release.members()).build()) { fixture in
            let source = Release.source()
            try await fixture.store.fetch(source)
            let url = try #require(fixture.store.locate("dino_vitb16_pretrain.pth"))
            let sound = try fixture.store.confirmedDigest(of: url, from: [source]) { Issue.record("\($0)") }
            #expect(try sound == ModelStore.sha256(of: url))
            var changed = Release.backbone
            changed[350_000] ^= 1
            try Data(changed).write(to: url)
            let error = #expect(throws: DreamSimError.self) {
                try fixture.store.confirmedDigest(of: url, from: [source]) { Issue.record("\($0)") }
            }
            #expect(error?.kind == .badWeights)
            #expect(error?.description.contains("is not the file that was fetched") == true)
            // Against the catalog's digest; and in a folder of the user's own, whose file may be meant.
            let pinned = Release.source(
                items: [WeightSource.Item(member: nil, path: "dino_vitb16_pretrain.pth", sha256: sound)])
            let other = #expect(throws: DreamSimError.self) {
                try fixture.store.confirmedDigest(of: url, from: [pinned]) { Issue.record("\($0)") }
            }
            #expect(other?.description.contains("is not the file that was published") == true)
            let own = fixture.folder.appending(path: "models")
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
            let mine = own.appending(path: "dino_vitb16_pretrain.pth")
            try Data(changed).write(to: mine)
            let store = fixture.store { $0.weightsFolder = own }
            var notes: [String] = []
            _ = try store.confirmedDigest(of: mine, from: [pinned]) { notes.append($0) }
            #expect(notes.count == 1 && notes[0].contains("those of your own file"))
            // What is no file of a source is what it is.
            _ = try store.confirmedDigest(of: url, from: []) { Issue.record("\($0)") }
        }
    }

    @Test("removing a source leaves the user's own folder alone, and it can be fetched again")
    func remove() async throws {
        try await withStore(ZipBuilder(Release.members()).build()) { fixture in
            let own = fixture.folder.appending(path: "models")
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
            try Data([1]).write(to: own.appending(path: "dino_vitb16_pretrain.pth"))
            try await fixture.store.fetch(Release.source())
            try fixture.store { $0.weightsFolder = own }.remove(Release.source())
            #expect(fixture.weights.isEmpty)
            #expect(fixture.store.recordedDigest(of: Release.source()) == nil)
            #expect(StoreFixture.files(in: own).count == 1)
            try fixture.store.remove(Release.source())
            try await fixture.store.fetch(Release.source())
            #expect(fixture.weights.count == 3)
        }
    }

    @Test("a file put there by hand is unrecorded")
    func byHand() throws {
        try Fixtures.withTemporaryFolder { folder in
            let store = ModelStore(.init(home: folder.appending(path: "home"), weightsFolder: folder))
            try Data([1]).write(to: folder.appending(path: "a.bin"))
            let source = Release.source(
                packaging: .plain, items: [WeightSource.Item(member: nil, path: "a.bin")])
            #expect(try store.verify(source).map(\.outcome) == [.unrecorded])
        }
    }

    @Test("SHA-256 is that of FIPS 180")
    func sha256() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "abc")
            try Data("abc".utf8).write(to: url)
            #expect(
                try ModelStore.sha256(of: url) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(throws: DreamSimError.self) { try ModelStore.sha256(of: folder.appending(path: "absent")) }
            #expect(throws: DreamSimError.self) { try ModelStore.sha256(of: folder) }
        }
    }

    @Test("a digest is remembered until the file changes, and damage to the memory is no harm")
    func remembered() throws {
        try Fixtures.withTemporaryFolder { folder in
            let store = ModelStore(.init(home: folder.appending(path: "home")))
            let url = folder.appending(path: "weights.bin")
            let memory = folder.appending(path: "home/digests.json")
            try Data(Release.adapter).write(to: url)
            let first = try store.digest(of: url)
            // Too fresh to be remembered.
            #expect(!FileManager.default.fileExists(atPath: memory.path))
            let past = Date(timeIntervalSinceNow: -100)
            try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: url.path)
            #expect(try store.digest(of: url) == first)
            let text = try String(contentsOf: memory, encoding: .utf8)
            #expect(text.contains(first))
            // That the memory is used shows in an answer that is put in its mouth.
            let other = String(repeating: "0", count: 64)
            try text.replacing(first, with: other).write(to: memory, atomically: true, encoding: .utf8)
            #expect(try store.digest(of: url) == other)
            try Data(Release.config).write(to: url)
            try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: url.path)
            #expect(try store.digest(of: url) == ModelStore.sha256(of: url))
            try Data("{ broken".utf8).write(to: memory)
            #expect(try store.digest(of: url) == ModelStore.sha256(of: url))
        }
    }
}
