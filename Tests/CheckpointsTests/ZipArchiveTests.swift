import DreamSimCheckpoints
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// Opens an archive that is made of `bytes` and passes it on.
@discardableResult
func withZip<R>(_ bytes: [UInt8], _ body: (ZipArchive) throws -> R) throws -> R {
    try Fixtures.withTemporaryFolder { folder in
        let url = folder.appending(path: "archive.zip")
        try Data(bytes).write(to: url)
        return try body(ZipArchive(MappedFile(url)))
    }
}

/// Reads every member the three ways there are.
func readWholeZip(_ archive: ZipArchive) throws {
    for entry in archive.entries {
        try archive.extract(entry) { _ in }
        _ = try archive.read(entry, limit: 1 << 24)
        if entry.method == .stored { _ = try archive.storedBytes(of: entry) }
    }
}

@Suite("Zip archives") struct ZipArchiveTests {
    let text = Array("the quick brown fox jumps over the lazy dog ".utf8)
    var long: [UInt8] { (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) } }

    @Test("stored, deflated, empty and zip64 members come back as they were, with and without data descriptors")
    func roundTrip() throws {
        for hasDescriptor in [false, true] {
            for isZip64 in [false, true] {
                var members = [
                    ZipBuilder.Member("a/stored.bin", text), ZipBuilder.Member("a/empty", []),
                    ZipBuilder.Member("a/deflated.bin", long, isDeflated: true),
                    ZipBuilder.Member("é.txt", text, isDeflated: true),
                ]
                for i in members.indices {
                    members[i].hasDescriptor = hasDescriptor
                    members[i].isZip64 = isZip64
                }
                var builder = ZipBuilder(members)
                builder.hasZip64End = isZip64
                builder.comment = Array("a comment".utf8)
                try withZip(builder.build()) { archive in
                    #expect(archive.entries.map(\.path) == ["a/stored.bin", "a/empty", "a/deflated.bin", "é.txt"])
                    for member in members {
                        let entry = try #require(archive.entry(String(decoding: member.name, as: UTF8.self)))
                        #expect(entry.uncompressedSize == member.contents.count)
                        #expect(try archive.read(entry, limit: 1 << 20) == member.contents)
                        var pieces: [UInt8] = []
                        try archive.extract(entry) { pieces.append(contentsOf: $0) }
                        #expect(pieces == member.contents)
                    }
                    #expect(archive.entry("A/stored.bin") == nil)
                }
            }
        }
    }

    @Test("a stored member's bytes start where the local header says, after its padding")
    func alignment() throws {
        var members = [ZipBuilder.Member("m/data/0", text), ZipBuilder.Member("m/data/1", text)]
        members[0].alignment = 64
        members[1].alignment = 64
        try withZip(ZipBuilder(members).build()) { archive in
            for entry in archive.entries {
                let bytes = try archive.storedBytes(of: entry)
                #expect(Array(bytes) == text)
                #expect(Int(bitPattern: bytes.baseAddress) % 64 == 0)
                try archive.checkChecksum(of: entry)
            }
        }
    }

    @Test(
        "every archive that torch.save wrote is read in full",
        arguments: ["dino", "clip", "dino_bfloat16", "dino_float16", "dino_parameters", "dino_strided"])
    func torch(_ name: String) throws {
        let archive = try ZipArchive(MappedFile(Fixtures.file("tiny/\(name).pth")))
        #expect(archive.entries.count > 10)
        #expect(archive.entry("\(name)/data.pkl") != nil || archive.entries[0].path.hasSuffix("/data.pkl"))
        for entry in archive.entries {
            #expect(entry.method == .stored)
            #expect(try archive.storedBytes(of: entry).count == entry.uncompressedSize)
            try archive.checkChecksum(of: entry)
        }
        try readWholeZip(archive)
    }

    @Test("a member above the caller's limit is refused before it is decompressed")
    func limit() throws {
        try withZip(ZipBuilder([ZipBuilder.Member("a", long, isDeflated: true)]).build()) { archive in
            let error = #expect(throws: DreamSimError.self) { try archive.read(archive.entries[0], limit: 699_999) }
            #expect(error?.kind == .limitExceeded)
            #expect(error?.key == "a")
        }
    }

    @Test("bytes of a compressed member are not read in place as if they were stored")
    func storedOnly() throws {
        try withZip(ZipBuilder([ZipBuilder.Member("a", text, isDeflated: true)]).build()) { archive in
            #expect(throws: DreamSimError.self) { try archive.storedBytes(of: archive.entries[0]) }
        }
    }

    @Test("what a failing sink throws comes out unchanged")
    func sinkError() throws {
        struct Full: Error {}
        try withZip(ZipBuilder([ZipBuilder.Member("a", text, isDeflated: true)]).build()) { archive in
            #expect(throws: Full.self) { try archive.extract(archive.entries[0]) { _ in throw Full() } }
        }
    }
}
