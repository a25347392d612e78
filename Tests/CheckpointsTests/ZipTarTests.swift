import DreamSimCheckpoints
import DreamSimSupport
import Foundation
import TestSupport
import Testing

private func withTar<R>(_ bytes: [UInt8], _ body: (TarGzArchive) throws -> R) throws -> R {
    try Fixtures.withTemporaryFolder { folder in
        let url = folder.appending(path: "archive.tar.gz")
        try Data(bytes).write(to: url)
        return try body(TarGzArchive(MappedFile(url)))
    }
}

private func readAll(_ archive: TarGzArchive) throws -> [String: [UInt8]] {
    let entries = try archive.entries()
    var contents: [String: [UInt8]] = [:]
    for entry in entries where entry.kind != .directory {
        var bytes: [UInt8] = []
        try archive.extract(entry, among: entries, limit: 1 << 24) { bytes.append(contentsOf: $0) }
        contents[entry.path] = bytes
    }
    return contents
}

@Suite("Compressed tar archives") struct ZipTarTests {
    static let text = Array("some text".utf8)

    @Test("ustar, pax and GNU names and sizes are understood")
    func names() throws {
        let long = "deep/" + String(repeating: "x", count: 150)
        let big = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        var tar = TarBuilder()
        tar.addPax([("comment", "of the whole")], isGlobal: true)
        tar.add("p/", type: "5")
        tar.add("p/a.txt", Self.text)
        tar.add("b.bin", big, prefix: "p/q")
        tar.addPax([("path", "p/é.txt"), ("mtime", "1.5")])
        tar.add("short", Self.text)
        tar.addPax([("size", "9")])
        tar.add("sized", Self.text, size: 0)
        tar.add("././@LongLink", Array(long.utf8) + [0], type: "L")
        tar.add("deep/xxx", Self.text)
        tar.add("./dotted", [])
        try withTar(tar.gzip()) { archive in
            let contents = try readAll(archive)
            #expect(contents.count == 6)
            #expect(contents["p/a.txt"] == Self.text)
            #expect(contents["p/q/b.bin"] == big)
            #expect(contents["p/é.txt"] == Self.text)
            #expect(contents["sized"] == Self.text)
            #expect(contents[long] == Self.text)
            #expect(contents["dotted"] == [])
        }
    }

    static let hostile: [(String, DreamSimError.Kind, @Sendable (inout TarBuilder) -> Void)] = [
        ("..", .refused, { $0.add("../a", text) }),
        ("an absolute name", .refused, { $0.add("/a", text) }),
        ("a backslash", .refused, { $0.add("a\\b", text) }),
        (
            "a NUL in a pax name", .refused,
            {
                $0.addPax([("path", "a\0b")]); $0.add("a", text)
            }
        ),
        (
            ".. in a pax name", .refused,
            {
                $0.addPax([("path", "../b")]); $0.add("a", text)
            }
        ),
        (
            ".. in a GNU name", .refused,
            {
                $0.add("L", Array("../b".utf8), type: "L"); $0.add("a", text)
            }
        ),
        ("a symbolic link", .refused, { $0.add("a", type: "2") }),
        ("a hard link", .refused, { $0.add("a", type: "1") }),
        ("a device", .refused, { $0.add("a", type: "3") }),
        ("a sparse file", .refused, { $0.add("a", type: "S") }),
        (
            "a file below a link", .refused,
            {
                $0.add("a/b", text); $0.add("a", type: "2")
            }
        ),
        (
            "two of a name", .malformed,
            {
                $0.add("a", text); $0.add("a", text)
            }
        ),
        (
            "names that differ by case", .refused,
            {
                $0.add("a", text); $0.add("A", text)
            }
        ),
        ("a bad checksum", .malformed, { $0.add("a", text, hasGoodChecksum: false) }),
        ("a size past the end", .malformed, { $0.add("a", text, size: 100_000) }),
        (
            "a size beyond the limit", .limitExceeded,
            {
                $0.add("a", text, size: 0o77_777_777_777); $0.addPax([("size", "99999999999999")]);
                $0.add("b", text)
            }
        ),
        (
            "a pax size that is no number", .malformed,
            {
                $0.addPax([("size", "-1")]); $0.add("b", text)
            }
        ),
        (
            "a pax record with a false length", .malformed,
            {
                $0.add("x", Array("99 path=b\n".utf8), type: "x"); $0.add("b", text)
            }
        ),
        (
            "a global name", .malformed,
            {
                $0.addPax([("path", "x")], isGlobal: true); $0.add("b", text)
            }
        ),
        (
            "a huge extended header", .limitExceeded,
            {
                $0.add("x", text, type: "x", size: 2 << 20); $0.add("b", text)
            }
        ),
        ("nothing", .malformed, { _ in }),
    ]

    @Test("is refused", arguments: hostile.indices)
    func refused(_ index: Int) throws {
        let (name, kind, build) = Self.hostile[index]
        var tar = TarBuilder()
        build(&tar)
        let bytes = name == "nothing" ? ZipBuilder.gzip([]) : tar.gzip()
        let error = #expect(throws: DreamSimError.self, "\(name)") { try withTar(bytes, readAll) }
        // A size past the end is met as the end of the stream, one beyond the limit as soon as it is read.
        #expect(error?.kind == kind || name == "a size beyond the limit", "\(name): \(error?.description ?? "")")
    }

    @Test("a cut, bytes after the end, a bad gzip checksum, a bomb and another format are refused")
    func gzip() throws {
        var tar = TarBuilder()
        tar.add("a", Self.text)
        let good = tar.gzip()
        #expect(try withTar(good, readAll) == ["a": Self.text])
        var changed = good
        changed[changed.count - 6] ^= 1
        var bomb = TarBuilder()
        bomb.add("a", [UInt8](repeating: 0, count: 8 << 20))
        var tailed = tar
        tailed.add("b", Self.text)
        let broken: [[UInt8]] = [
            Array(good.dropLast(9)), good + good, good + [1], changed, bomb.gzip(),
            ZipBuilder.gzip(tar.bytes.dropLast(100)),
            Array("plain text that is no archive".utf8), [],
            ZipBuilder.gzip(tar.bytes + [UInt8](repeating: 0, count: 512) + tar.bytes),
        ]
        for bytes in broken {
            #expect(throws: DreamSimError.self) { try withTar(bytes, readAll) }
        }
    }

    @Test("a limit of the caller holds, and a failing sink's error comes out")
    func limits() throws {
        struct Full: Error {}
        var tar = TarBuilder()
        tar.add("a", Self.text)
        try withTar(tar.gzip()) { archive in
            let entries = try archive.entries()
            #expect(throws: DreamSimError.self) {
                try archive.extract(entries[0], among: entries, limit: 8) { _ in }
            }
            #expect(throws: Full.self) {
                try archive.extract(entries[0], among: entries, limit: 9) { _ in throw Full() }
            }
        }
    }

    @Test("archives with random damage, outside and inside the compression, never crash")
    func fuzz() throws {
        var tar = TarBuilder()
        tar.addPax([("path", "p/name"), ("size", "9")])
        tar.add("short", Self.text)
        tar.add("L", Array("p/another".utf8), type: "L")
        tar.add("x", [UInt8](repeating: 7, count: 700))
        let plain = tar.bytes + [UInt8](repeating: 0, count: 1024)
        let packed = ZipBuilder.gzip(plain)
        var generator = ZipMutation(seed: 0x7461_7221)
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "archive.tar.gz")
            for round in 0..<4000 {
                let bytes =
                    round % 2 == 0 ? generator.mutate(packed) : ZipBuilder.gzip(repaired(generator.mutate(plain)))
                try Data(bytes).write(to: url)
                do { _ = try readAll(TarGzArchive(MappedFile(url))) } catch is DreamSimError {}
            }
        }
    }

    /// Makes the first headers' checksums right again, so that damage gets past them.
    private func repaired(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for start in stride(from: 0, to: min(bytes.count, 3072) - 511, by: 512) where bytes[start] != 0 {
            bytes.replaceSubrange((start + 148)..<(start + 156), with: [UInt8](repeating: 0x20, count: 8))
            let sum = bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
            let text = String(sum, radix: 8)
            let digits = Array((String(repeating: "0", count: max(0, 6 - text.count)) + text).utf8.suffix(6))
            bytes.replaceSubrange((start + 148)..<(start + 156), with: digits + [0, 0x20])
        }
        return bytes
    }
}
