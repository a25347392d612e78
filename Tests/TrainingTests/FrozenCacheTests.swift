import DreamSim
import DreamSimTensors
import DreamSimTraining
import Foundation
import TestSupport
import Testing

/// The file of rows by itself.
@Suite("The cache of the frozen part")
struct FrozenCacheTests {
    static func identity(_ model: String = "m", width: Int = 5) -> FrozenCache.Identity {
        let stamp = ModelStamp(model: model, weights: "abc", preprocessing: .standard, isNormalized: false)
        return FrozenCache.Identity(content: "rows", model: stamp, kernels: "avx2", width: width)
    }

    static func open(
        _ folder: URL, _ identity: FrozenCache.Identity = identity(), limit: Int = 1 << 30, images: Int = 4,
        reserve: Int = 0
    ) throws -> FrozenCache {
        try FrozenCache(identity, in: folder, limit: limit, images: images, reserve: reserve)
    }

    static func key(_ n: Int) -> [UInt8] { [UInt8](repeating: UInt8(n), count: 32) }
    static func row(_ n: Int, width: Int = 5) -> Tensor {
        Tensor((0..<width).map { Float(n) + Float($0) / 7 }, shape: [width])
    }

    @Test("Rows come back bit by bit, from the same cache and from one that is opened later")
    func rows() throws {
        try Fixtures.withTemporaryFolder { folder in
            var cache: FrozenCache? = try Self.open(folder)
            for n in 0..<3 { cache?.add(Self.row(n), for: Self.key(n)) }
            // What is there stays as it is.
            cache?.add(Self.row(9), for: Self.key(1))
            for n in 0..<3 { #expect(cache?.row(Self.key(n)) == Self.row(n)) }
            #expect(cache?.row(Self.key(3)) == nil)
            let notes = cache?.takeNotes() ?? []
            #expect(notes.count == 1 && notes[0].contains("0 images are in") && cache?.takeNotes() == [])
            cache = nil
            let again = try Self.open(folder)
            #expect(again.takeNotes().first?.contains("3 images are in") == true)
            for n in 0..<3 { #expect(again.row(Self.key(n)) == Self.row(n)) }
            // Another model has a file of its own.
            #expect(try Self.open(folder, Self.identity("other")).row(Self.key(0)) == nil)
            #expect(try Self.open(folder, Self.identity(width: 6)).row(Self.key(0)) == nil)
        }
    }

    @Test("An unfinished record is cut off, and those before it and after it are whole", arguments: [1, 31, 40, 55])
    func torn(bytes: Int) throws {
        try Fixtures.withTemporaryFolder { folder in
            var cache: FrozenCache? = try Self.open(folder)
            let (url, size) = (try #require(cache?.url), try #require(cache?.recordSize))
            #expect(size == 56)
            for n in 0..<3 { cache?.add(Self.row(n), for: Self.key(n)) }
            cache = nil
            let whole = try Data(contentsOf: url)
            try whole.prefix(whole.count - size + bytes).write(to: url)
            var again: FrozenCache? = try Self.open(folder)
            #expect(again?.takeNotes().contains { $0.contains("unfinished") } == true)
            #expect(again?.row(Self.key(1)) == Self.row(1) && again?.row(Self.key(2)) == nil)
            again?.add(Self.row(2), for: Self.key(2))
            again = nil
            #expect(try Data(contentsOf: url) == whole)
        }
    }

    @Test("A damaged row counts as missing, is told of once, and is replaced", arguments: [0, 33, 36, 55])
    func damaged(place: Int) throws {
        try Fixtures.withTemporaryFolder { folder in
            var cache: FrozenCache? = try Self.open(folder)
            let (url, size) = (try #require(cache?.url), try #require(cache?.recordSize))
            for n in 0..<2 { cache?.add(Self.row(n), for: Self.key(n)) }
            cache = nil
            var bytes = try Data(contentsOf: url)
            bytes[bytes.count - size + place] ^= 4
            try bytes.write(to: url)
            let again = try Self.open(folder)
            _ = again.takeNotes()
            #expect(again.row(Self.key(0)) == Self.row(0) && again.row(Self.key(1)) == nil)
            // Where the key itself is damaged there is nothing to be told.
            #expect(again.takeNotes().count == (place < 32 ? 0 : 1))
            again.add(Self.row(1), for: Self.key(1))
            #expect(again.row(Self.key(1)) == Self.row(1))
        }
    }

    @Test("A file that begins otherwise is begun anew, and that is said")
    func foreign() throws {
        try Fixtures.withTemporaryFolder { folder in
            var cache: FrozenCache? = try Self.open(folder)
            let url = try #require(cache?.url)
            cache?.add(Self.row(0), for: Self.key(0))
            cache = nil
            var bytes = try Data(contentsOf: url)
            bytes[20] ^= 1
            try bytes.write(to: url)
            let again = try Self.open(folder)
            #expect(again.takeNotes().contains { $0.contains("starts over") } && again.row(Self.key(0)) == nil)
            again.add(Self.row(0), for: Self.key(0))
            #expect(again.row(Self.key(0)) == Self.row(0))
        }
    }

    @Test("While one run adds, another reads what was there when it began")
    func two() throws {
        try Fixtures.withTemporaryFolder { folder in
            let first = try Self.open(folder)
            first.add(Self.row(0), for: Self.key(0))
            let second = try Self.open(folder)
            #expect(second.takeNotes().contains { $0.contains("another run") })
            second.add(Self.row(1), for: Self.key(1))
            #expect(second.row(Self.key(0)) == Self.row(0) && second.row(Self.key(1)) == nil)
            first.add(Self.row(2), for: Self.key(2))
            #expect(first.row(Self.key(2)) == Self.row(2) && first.row(Self.key(1)) == nil)
        }
    }

    @Test("A cache stays below its limit, and leaves room on the disk")
    func limits() throws {
        try Fixtures.withTemporaryFolder { folder in
            let small = try Self.open(folder, limit: 400, images: 100)
            for n in 0..<9 { small.add(Self.row(n), for: Self.key(n)) }
            let size = try Data(contentsOf: small.url).count
            #expect(size <= 400 && small.takeNotes().contains { $0.contains("cache limit") })
            // No disk has so much room.
            let full = try Self.open(folder, Self.identity("full"), reserve: 1 << 60)
            _ = full.takeNotes()
            for n in 0..<3 { full.add(Self.row(n), for: Self.key(n)) }
            #expect(full.row(Self.key(0)) == nil)
            let notes = full.takeNotes()
            #expect(notes.count == 1 && notes[0].contains("training continues"))
        }
    }

    @Test("The caches used longest ago make room; those in use and files of others stay")
    func room() throws {
        try Fixtures.withTemporaryFolder { folder in
            func make(_ name: String, age: Double) throws -> FrozenCache {
                let cache = try Self.open(folder, Self.identity(name))
                for n in 0..<10 { cache.add(Self.row(n), for: Self.key(n)) }
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: cache.url.path)
                return cache
            }
            let old = try make("old", age: 3000).url
            let recent = try make("recent", age: 1000).url
            let used = try make("used", age: 9000)
            let own = folder.appending(path: "mine.rows")
            try Data(count: 5000).write(to: own)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -9999)], ofItemAtPath: own.path)
            let fresh = try Self.open(folder, Self.identity("fresh"), limit: 7600, images: 10)
            func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
            #expect(!exists(old) && exists(recent) && exists(used.url) && exists(own) && exists(fresh.url))
            #expect(fresh.takeNotes().contains { $0.contains("removed") && $0.contains("old") })
        }
    }

    @Test("A folder that cannot be made is refused with advice")
    func nowhere() throws {
        let error = try #require(throws: DreamSimError.self) { try Self.open(URL(filePath: "/proc/cache")) }
        #expect(error.kind == .unwritable && error.reason.contains("or none"))
    }
}
