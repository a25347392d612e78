import DreamSimSupport
import DreamSimWeights
import Foundation
import Synchronization
import TestSupport
import Testing

// One after the other: waiting for a process takes a thread of the pool that the fetches need.
@Suite("Interruptions", .serialized) struct InterruptionTests {
    @Test("a process that is killed in the middle of a download leaves a partial file that the next one resumes")
    func killed() async throws {
        let (contents, source) = Release.plain(6_000_000)
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.slow] }
            let port = fixture.server.port
            let path = fixture.folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) { [port = port as Int, path = path as String] in
                let store = ModelStore(StoreFixture.configuration(URL(filePath: path), port: port))
                try await store.fetch(Release.plain(6_000_000).source) { progress in
                    if progress.receivedBytes > 1_000_000 { kill(getpid(), SIGKILL) }
                }
            }
            let partial = fixture.partialSize
            #expect((1_000_001..<6_000_000).contains(partial))
            #expect(fixture.weights.isEmpty)
            try await fixture.store.fetch(source)
            #expect(fixture.server.offsets == [0, partial])
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
            #expect(fixture.downloads.isEmpty)
        }
    }

    @Test("a process that is killed while unpacking leaves nothing in place, and the next one needs no network")
    func killedUnpacking() async throws {
        try await withStore(ZipBuilder(Release.members()).build()) { fixture in
            let port = fixture.server.port
            let path = fixture.folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) { [port = port as Int, path = path as String] in
                let store = ModelStore(StoreFixture.configuration(URL(filePath: path), port: port))
                try await store.fetch(Release.source()) { progress in
                    if progress.phase == .unpacking, progress.what.hasPrefix("ensemble") { kill(getpid(), SIGKILL) }
                }
            }
            #expect(fixture.store.missingItems(of: Release.source()).count == 3)
            #expect(fixture.weights.allSatisfy { $0.hasSuffix(".tmp") })
            try await fixture.store.fetch(Release.source())
            #expect(fixture.server.requests.count == 1)
            #expect(try fixture.contents("dino_vitb16_pretrain.pth") == Release.backbone)
            #expect(fixture.weights.count == 3)
            #expect(fixture.downloads.isEmpty)
        }
    }

    @Test("a partial file without its note, or with a broken one, is worthless and fetched anew")
    func lostNote() async throws {
        let (contents, source) = Release.plain()
        for note in [nil, "{ broken", "{}"] {
            try await withStore(contents, { $0.attempts = 1 }) { fixture in
                fixture.server.change { $0.faults = [.cut(after: 500_000)] }
                _ = await failure(fixture.store, source)
                let name = try #require(fixture.downloads.first { $0.hasSuffix(".json") })
                let url = fixture.store.downloadsFolder.appending(path: name)
                try FileManager.default.removeItem(at: url)
                if let note { try Data(note.utf8).write(to: url) }
                try await fixture.store.fetch(source)
                #expect(fixture.server.offsets == [0, 0])
                #expect(try fixture.contents("checkpoints/weights.bin") == contents)
            }
        }
    }

    @Test("a cancelled fetch keeps what it has, and the next one resumes")
    func cancelled() async throws {
        let (contents, source) = Release.plain(6_000_000)
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.slow] }
            let store = fixture.store
            let isUnderWay = Mutex(false)
            let log = ProgressLog()
            let task = Task { () -> DreamSimError? in
                do throws(DreamSimError) {
                    try await store.fetch(source) { log.append($0) }
                    return nil
                } catch {
                    return error
                }
            }
            while !isUnderWay.withLock({ $0 }) {
                if log.all.contains(where: { $0.receivedBytes > 500_000 }) { isUnderWay.withLock { $0 = true } }
                try await Task.sleep(for: .milliseconds(10))
            }
            task.cancel()
            let error = await task.value
            #expect(error?.kind == .cancelled)
            #expect(error?.isResumable == true)
            #expect(fixture.partialSize > 500_000)
            try await store.fetch(source)
            #expect(fixture.server.offsets.last ?? 0 > 0)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("of several that ask at once one fetches, and the others wait and say so")
    func manyTasks() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            let sign = fixture.folder.appending(path: "waiting").path
            fixture.server.change { $0.faults = [.holdUntil(sign)] }
            let store = fixture.store
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await store.fetch(source) {
                            if $0.phase == .waitingForLock { close(creat(sign, 0o644)) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(access(sign, F_OK) == 0)
            #expect(fixture.server.requests.count == 1)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("another process that fetches is waited for", .enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1))
    func twoProcesses() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            let port = fixture.server.port
            let path = fixture.folder.path
            fixture.server.change { $0.faults = [.holdUntil(path + "/waiting")] }
            let store = fixture.store
            let first = Task { try await store.fetch(source) }
            while fixture.server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            await #expect(processExitsWith: .success) { [port = port as Int, path = path as String] in
                let store = ModelStore(StoreFixture.configuration(URL(filePath: path), port: port))
                try await store.fetch(Release.plain().source) {
                    if $0.phase == .waitingForLock { close(creat(path + "/waiting", 0o644)) }
                }
                try #require(store.locate("checkpoints/weights.bin") != nil)
            }
            try await first.value
            #expect(access(path + "/waiting", F_OK) == 0)
            #expect(fixture.server.requests.count == 1)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }
}
