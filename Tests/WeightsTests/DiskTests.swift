import DreamSimSupport
import DreamSimWeights
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Full and read-only disks") struct DiskTests {
    /// A disk that is full after some writes.
    static func disk(failingAt failing: Int, code: Int32 = ENOSPC) -> (disk: Disk, count: @Sendable () -> Int) {
        let counter = Counter()
        var disk = Disk.system
        disk.write = { descriptor, bytes in
            if counter.next() == failing { return -Int(code) }
            return Disk.system.write(descriptor, bytes)
        }
        return (disk, { counter.value })
    }

    final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func next() -> Int {
            count.withLock {
                $0 += 1
                return $0 - 1
            }
        }
    }

    @Test("a disk that is full in the middle of a download keeps the partial file and says how much is needed")
    func fullDownload() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            // The note is written first, then the pieces.
            let store = fixture.store { $0.disk = Self.disk(failingAt: 6).disk }
            let error = await failure(store, source)
            #expect(error.kind == .diskFull)
            #expect(error.isResumable)
            let partial = fixture.partialSize
            #expect(partial > 0)
            #expect(error.reason.contains("\(contents.count - partial) bytes more"), "\(error)")
            try await fixture.store.fetch(source)
            #expect(fixture.server.offsets == [0, partial])
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("a disk that is full at any write whatever leaves a state that the next call completes")
    func fullAnywhere() async throws {
        let archive = ZipBuilder(Release.members()).build()
        var index = 0
        var isDone = false
        while !isDone, index < 200 {
            let failing = index
            isDone = try await withStore(archive) { fixture in
                let (disk, count) = Self.disk(failingAt: failing)
                let source = Release.source()
                do throws(DreamSimError) {
                    try await fixture.store { $0.disk = disk }.fetch(source)
                    #expect(count() <= failing)
                    return true
                } catch {
                    #expect(error.kind == .diskFull, "\(error)")
                    #expect(error.isResumable)
                    try await fixture.store.fetch(source)
                    #expect(try fixture.contents("dino_vitb16_pretrain.pth") == Release.backbone)
                    #expect(try fixture.contents("ensemble_lora/adapter_model.safetensors") == Release.adapter)
                    #expect(fixture.weights.count == 3)
                    #expect(fixture.downloads.isEmpty)
                    return false
                }
            }
            index += 1
        }
        #expect(isDone)
        #expect(index > 8)
    }

    @Test("short writes are gone on with")
    func shortWrites() async throws {
        let (contents, source) = Release.plain(100_000)
        try await withStore(contents) { fixture in
            var disk = Disk.system
            disk.write = { Disk.system.write($0, UnsafeRawBufferPointer(rebasing: $1.prefix(777))) }
            try await fixture.store { $0.disk = disk }.fetch(source)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("too little room is seen before the download, with what is needed")
    func noRoom() async throws {
        let archive = ZipBuilder(Release.members()).build()
        try await withStore(archive) { fixture in
            var disk = Disk.system
            disk.freeBytes = { _ in 1000 }
            let error = await failure(fixture.store { $0.disk = disk }, Release.source())
            #expect(error.kind == .diskFull)
            // Once for the archive, once for what it holds.
            #expect(error.reason.contains("needs \(2 * archive.count) bytes, 1000 are free"), "\(error)")
            #expect(fixture.partialSize == 0)
            try await fixture.store.fetch(Release.source())
        }
    }

    @Test("a limit of the system on file sizes is a full disk, not a crash")
    func fileSizeLimit() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            let port = fixture.server.port
            let path = fixture.folder.path
            await #expect(processExitsWith: .exitCode(7)) { [port = port as Int, path = path as String] in
                signal(SIGXFSZ, SIG_IGN)
                var limit = rlimit(rlim_cur: 1_000_000, rlim_max: 1_000_000)
                setrlimit(__rlimit_resource_t(1), &limit)
                let store = ModelStore(StoreFixture.configuration(URL(filePath: path), port: port))
                do throws(DreamSimError) {
                    try await store.fetch(Release.plain().source)
                } catch {
                    exit(error.kind == .diskFull && error.isResumable ? 7 : 8)
                }
            }
            #expect(fixture.partialSize == 1_000_000)
            try await fixture.store.fetch(source)
            #expect(fixture.server.offsets == [0, 1_000_000])
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("a home folder that is a file, or cannot be made, is an error that names it")
    func badHome() async throws {
        try await withStore([1]) { fixture in
            let file = fixture.folder.appending(path: "file")
            try Data([1]).write(to: file)
            for home in [file, file.appending(path: "below"), URL(filePath: "/proc/dreamsim")] {
                let error = await failure(fixture.store { $0.home = home }, Release.plain().source)
                #expect(error.kind == .fileSystem)
                #expect(error.subject.hasPrefix(home.path))
            }
        }
    }
}
