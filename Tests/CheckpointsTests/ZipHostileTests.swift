import DreamSimCheckpoints
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// A hostile archive and what must be said of it.
struct HostileZip: CustomTestStringConvertible, Sendable {
    let name: String
    let kind: DreamSimError.Kind
    /// A part of the reason.
    let reason: String
    let bytes: [UInt8]
    var testDescription: String { name }

    init(
        _ name: String, _ kind: DreamSimError.Kind, _ reason: String, _ members: [ZipBuilder.Member],
        change: (inout ZipBuilder) -> Void = { _ in }, cut: (inout [UInt8]) -> Void = { _ in }
    ) {
        self.name = name
        self.kind = kind
        self.reason = reason
        var builder = ZipBuilder(members)
        change(&builder)
        var bytes = builder.build()
        cut(&bytes)
        self.bytes = bytes
    }

    static let text = Array("some text that is long enough to be cut".utf8)

    static func member(
        _ name: String = "a.bin", deflated: Bool = false, _ change: (inout ZipBuilder.Member) -> Void = { _ in }
    )
        -> ZipBuilder.Member
    {
        var member = ZipBuilder.Member(name, text, isDeflated: deflated)
        change(&member)
        return member
    }

    static let names: [HostileZip] = [
        HostileZip("a name with ..", .refused, "'..'", [member("../a")]),
        HostileZip("a name with .. inside", .refused, "'..'", [member("a/../../b")]),
        HostileZip("an absolute name", .refused, "absolute", [member("/etc/passwd")]),
        HostileZip("a name with a backslash", .refused, "backslash", [member("..\\a")]),
        HostileZip("a name with a NUL", .refused, "NUL", [member("a\0b")]),
        HostileZip("an empty name", .refused, "empty", [member("")]),
        HostileZip("a name with an empty component", .refused, "empty component", [member("a//b")]),
        HostileZip("a name with a dot component", .refused, "empty component", [member("./a")]),
        HostileZip("a name that is not UTF-8", .refused, "UTF-8", [member { $0.name = [0x61, 0xFF] }]),
        HostileZip("a symbolic link", .refused, "symbolic link", [member { $0.mode = 0o120777 }]),
        HostileZip("a device", .refused, "not a regular file", [member { $0.mode = 0o020666 }]),
        HostileZip("two members of one name", .malformed, "two members", [member(), member()]),
        HostileZip("names that differ by case only", .refused, "letter case", [member("a/B"), member("A/b")]),
        HostileZip("a file that is also a folder", .refused, "itself a file", [member("a"), member("a/b")]),
    ]

    static let headers: [HostileZip] = [
        HostileZip("an encrypted member", .refused, "encrypted", [member { $0.flags = 1 }]),
        HostileZip("a strongly encrypted member", .refused, "encrypted", [member { $0.flags = 0x41 }]),
        HostileZip("an unknown method", .unsupported, "method 12", [member { $0.method = 12 }]),
        HostileZip(
            "another name in the local header", .malformed, "disagree", [member { $0.localName = Array("b.bin".utf8) }]),
        HostileZip("another size in the local header", .malformed, "disagree", [member { $0.localSize = 7 }]),
        HostileZip(
            "another method in the local header", .malformed, "disagree",
            [member(deflated: true) { $0.localMethod = 0 }]),
        HostileZip(
            "another size in the data descriptor", .malformed, "disagree",
            [
                member {
                    $0.hasDescriptor = true; $0.descriptorSize = 7
                }
            ]),
        HostileZip(
            "members that share bytes", .malformed, "overlaps", [member("a"), member("b") { $0.headerOffset = 0 }]),
        HostileZip(
            "a member inside another", .malformed, "overlaps", [member("a"), member("b") { $0.headerOffset = 20 }]),
        HostileZip("a bad CRC", .malformed, "CRC", [member { $0.crc = 1 }]),
        HostileZip("a bad CRC of a deflated member", .malformed, "CRC", [member(deflated: true) { $0.crc = 1 }]),
        HostileZip("a size that is too small", .malformed, "larger than", [member(deflated: true) { $0.size = 3 }]),
        HostileZip("a size that is too large", .malformed, "states", [member(deflated: true) { $0.size = 1000 }]),
        HostileZip("a stored member with two sizes", .malformed, "false sizes", [member { $0.size = 3 }]),
        HostileZip(
            "a compressed size that is too large", .malformed, "overlaps",
            [member(deflated: true) { $0.compressedSize = 5000 }]),
        HostileZip(
            "a compressed size that is too small", .malformed, "cut off",
            [member(deflated: true) { $0.compressedSize = 5 }]),
        HostileZip(
            "a claim of more than 1000:1", .limitExceeded, "1000:1", [member(deflated: true) { $0.size = 900_000_000 }]),
        HostileZip(
            "eight mebibytes of zeros", .limitExceeded, "1000:1",
            [ZipBuilder.Member("a", [UInt8](repeating: 0, count: 8 << 20), isDeflated: true)]),
        HostileZip(
            "compressed data that is no such thing", .malformed, "damaged",
            [
                member {
                    $0.method = 8; $0.crc = 5
                }
            ]),
    ]

    static let directories: [HostileZip] = [
        HostileZip("no end record", .malformed, "no end record", [member()], cut: { $0.removeLast() }),
        HostileZip("nothing but a few bytes", .malformed, "too few", [member()], cut: { $0 = [0x50, 0x4b, 5, 6] }),
        HostileZip("a page of HTML", .malformed, "not a zip", [], cut: { $0 = Array("<html>not found</html>".utf8) }),
        HostileZip(
            "a cut in the middle", .malformed, "central directory", [member()], cut: { $0.removeSubrange(10..<30) }),
        HostileZip(
            "something before the archive", .malformed, "central directory", [member()], cut: { $0 = [1, 2] + $0 }),
        HostileZip("a count that is too large", .malformed, "cannot fit", [member()], change: { $0.count = 9 }),
        HostileZip(
            "a count that is too small", .malformed, "belong to no member", [member("a"), member("b")],
            change: { $0.count = 1 }),
        HostileZip(
            "a zip64 count beyond every limit", .limitExceeded, "the limit is", [member()],
            change: { $0.hasZip64End = true },
            cut: { bytes in
                let record = bytes.count - 22 - 20 - 56
                for i in [24, 32] {
                    bytes.replaceSubrange((record + i)..<(record + i + 8), with: [0, 0, 0, 0, 1, 0, 0, 0])
                }
                bytes.replaceSubrange((bytes.count - 14)..<(bytes.count - 10), with: [255, 255, 255, 255])
            }),
        HostileZip(
            "end records that disagree", .malformed, "disagree", [member()], change: { $0.hasZip64End = true },
            cut: { $0[$0.count - 10] &+= 1 }),
        HostileZip(
            "two end records", .malformed, "two end records", [member()],
            change: { builder in
                var inner = ZipBuilder([]).build()
                inner[20] = 0
                builder.comment = inner
            }),
    ]
}

@Suite("Hostile zip archives") struct ZipHostileTests {
    @Test("is refused with the right reason", arguments: HostileZip.names + HostileZip.headers + HostileZip.directories)
    func refused(_ hostile: HostileZip) throws {
        let error = #expect(throws: DreamSimError.self) { try withZip(hostile.bytes, readWholeZip) }
        #expect(error?.kind == hostile.kind)
        #expect(error?.reason.contains(hostile.reason) == true, "\(error?.description ?? "no error")")
    }

    @Test("a size near the largest number overflows nothing")
    func overflow() throws {
        var member = ZipBuilder.Member("a", HostileZip.text)
        member.isZip64 = true
        let bytes = ZipBuilder([member]).build()
        let extra = bytes.count - 22 - 24
        for field in 0..<3 {
            for value: UInt64 in [.max, 1 << 63, (1 << 63) - 1, (1 << 63) - 30] {
                var changed = bytes
                var word: [UInt8] = []
                word += withUnsafeBytes(of: value.littleEndian, Array.init)
                changed.replaceSubrange((extra + 8 * field)..<(extra + 8 * field + 8), with: word)
                #expect(throws: DreamSimError.self) { try withZip(changed, readWholeZip) }
            }
        }
    }

    @Test("archives with random damage are read or refused, and never crash")
    func fuzz() throws {
        var deflated = ZipBuilder([
            HostileZip.member("m/a", deflated: true), HostileZip.member("m/b") { $0.isZip64 = true },
            HostileZip.member("m/c") {
                $0.hasDescriptor = true; $0.alignment = 64
            },
        ])
        deflated.hasZip64End = true
        let seeds = [
            deflated.build(), ZipBuilder([HostileZip.member(), HostileZip.member("b", deflated: true)]).build(),
        ]
        var generator = ZipMutation(seed: 0x5A49_5021)
        var refused = 0
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "archive.zip")
            for round in 0..<6000 {
                let bytes = generator.mutate(seeds[round % seeds.count])
                try Data(bytes).write(to: url)
                do {
                    try readWholeZip(ZipArchive(MappedFile(url)))
                } catch is DreamSimError {
                    refused += 1
                }
            }
        }
        #expect(refused > 3000)
    }
}

/// A deterministic source of damage.
struct ZipMutation {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(max(1, bound)))
    }

    /// One to four changes: bits, bytes, extreme numbers, cuts, repeats.
    mutating func mutate(_ seed: [UInt8]) -> [UInt8] {
        var bytes = seed
        for _ in 0...next(4) where !bytes.isEmpty {
            let place = next(bytes.count)
            switch next(6) {
            case 0: bytes[place] ^= 1 << UInt8(next(8))
            case 1: bytes[place] = UInt8(next(256))
            case 2:
                for i in place..<min(bytes.count, place + [2, 4, 8][next(3)]) { bytes[i] = [0, 0xFF, 0x7F][next(3)] }
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(40)))
            case 4: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + next(40))], at: place)
            default: bytes.removeLast(next(bytes.count / 4 + 1))
            }
        }
        return bytes
    }
}
