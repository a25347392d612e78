import DreamSimWeights
import Foundation
import TestSupport
import Testing

/// A fault that is built into a release.
struct ReleaseFault: CustomTestStringConvertible, Sendable {
    let name: String
    /// A part of the error.
    let reason: String
    let change: @Sendable (inout ZipBuilder) -> Void
    var testDescription: String { name }

    init(_ name: String, _ reason: String, _ change: @escaping @Sendable (inout ZipBuilder) -> Void) {
        self.name = name
        self.reason = reason
        self.change = change
    }

    private static func extra(_ name: String) -> @Sendable (inout ZipBuilder) -> Void {
        { $0.members.append(ZipBuilder.Member(name, Release.adapter)) }
    }

    /// Changes the backbone, the largest member.
    private static func backbone(
        _ change: @escaping @Sendable (inout ZipBuilder.Member) -> Void
    ) -> @Sendable (inout ZipBuilder) -> Void {
        { change(&$0.members[3]) }
    }

    static let all: [ReleaseFault] = [
        ReleaseFault("a member outside the folder", "'..'", extra("../../evil.txt")),
        ReleaseFault("a member with an absolute path", "absolute", extra("/tmp/evil.txt")),
        ReleaseFault("a member with a backslash", "backslash", extra("..\\evil.txt")),
        ReleaseFault("a member with a NUL", "NUL", extra("evil.txt\0.pth")),
        ReleaseFault("a symbolic link", "symbolic link", backbone { $0.mode = 0o120777 }),
        ReleaseFault("a folder that is a link", "itself a file or a link") { builder in
            builder.members[0] = ZipBuilder.Member("ensemble_lora", Array("/tmp".utf8))
            builder.members[0].mode = 0o120777
        },
        ReleaseFault("local and central headers that disagree", "disagree", backbone { $0.localSize = 12 }),
        ReleaseFault(
            "a local name that disagrees", "disagree",
            backbone { $0.localName = Array("dino_vitb16_pretrain.ptx".utf8) }),
        ReleaseFault("members that overlap", "overlaps", backbone { $0.headerOffset = 0 }),
        ReleaseFault("a ratio of 1000:1", "1000:1", backbone { $0.contents = [UInt8](repeating: 0, count: 8 << 20) }),
        ReleaseFault("a size that is too small", "larger than", backbone { $0.size = 1000 }),
        ReleaseFault("a size that is too large", "states", backbone { $0.size = 800_000 }),
        ReleaseFault("two members of one name", "two members") { $0.members.append($0.members[3]) },
        ReleaseFault("an encrypted member", "encrypted", backbone { $0.flags = 1 }),
        ReleaseFault("a bad CRC", "CRC", backbone { $0.crc = 1 }),
        ReleaseFault("names that differ by case only", "letter case", extra("DINO_vitb16_pretrain.pth")),
        ReleaseFault("a member that could be meant twice", "several members") { builder in
            builder.members[3] = ZipBuilder.Member("a/dino_vitb16_pretrain.pth", Release.config)
            builder.members.append(ZipBuilder.Member("b/dino_vitb16_pretrain.pth", Release.config))
        },
        ReleaseFault("a missing member", "not in the archive") { $0.members.remove(at: 3) },
    ]
}

@Suite("Releases") struct ReleaseTests {
    @Test("only the named members are taken out, also from below a top folder", arguments: ["", "models/"])
    func unpack(_ top: String) async throws {
        let log = ProgressLog()
        try await withStore(ZipBuilder(Release.members(below: top)).build()) { fixture in
            try await fixture.store.fetch(Release.source()) { log.append($0) }
            #expect(
                fixture.weights == [
                    "dino_vitb16_pretrain.pth", "ensemble_lora/adapter_config.json",
                    "ensemble_lora/adapter_model.safetensors",
                ])
            #expect(try fixture.contents("dino_vitb16_pretrain.pth") == Release.backbone)
            #expect(try fixture.contents("ensemble_lora/adapter_model.safetensors") == Release.adapter)
            #expect(fixture.downloads.isEmpty)
            #expect(log.all.contains { $0.phase == .unpacking && $0.what == "dino_vitb16_pretrain.pth" })
        }
    }

    @Test("an alternative stands in for a member that is not there")
    func alternative() async throws {
        var members = Release.members()
        members[1].name = Array("ensemble_lora/adapter_model.bin".utf8)
        try await withStore(ZipBuilder(members).build()) { fixture in
            try await fixture.store.fetch(Release.source())
            #expect(fixture.store.missingItems(of: Release.source()).isEmpty)
            #expect(fixture.weights.contains("ensemble_lora/adapter_model.bin"))
            #expect(fixture.store.locate(Release.items[2])?.lastPathComponent == "adapter_model.bin")
            try await fixture.store.fetch(Release.source())
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test("a hostile or damaged release is refused, and nothing of it stays", arguments: ReleaseFault.all)
    func hostile(_ fault: ReleaseFault) async throws {
        var builder = ZipBuilder(Release.members())
        fault.change(&builder)
        try await withStore(builder.build()) { fixture in
            let error = await failure(fixture.store, Release.source())
            #expect(error.kind == (fault.name == "a missing member" ? .missing : .archive))
            #expect(error.description.contains(fault.reason), "\(error)")
            #expect(fixture.downloads.isEmpty)
            #expect(!fixture.weights.contains("dino_vitb16_pretrain.pth"))
            // Nothing outside the places of the store, and no temporary file.
            let all = StoreFixture.files(in: fixture.folder)
            #expect(all.allSatisfy { $0.hasPrefix("home/") && !$0.contains("evil") && !$0.hasSuffix(".tmp") }, "\(all)")
            // The next release is sound again.
            let good = ZipBuilder(Release.members()).build()
            fixture.server.change { ($0.contents, $0.entityTag) = (good, "\"two\"") }
            try await fixture.store.fetch(Release.source())
            #expect(try fixture.contents("dino_vitb16_pretrain.pth") == Release.backbone)
        }
    }

    @Test("a member with another digest than the catalog's is refused")
    func memberDigest() async throws {
        let items = [
            WeightSource.Item(
                member: "dino_vitb16_pretrain.pth", path: "dino.pth", sha256: String(repeating: "1", count: 64))
        ]
        try await withStore(ZipBuilder(Release.members()).build()) { fixture in
            let error = await failure(fixture.store, Release.source(items: items))
            #expect(error.kind == .mismatch)
            #expect(error.subject.contains("dino_vitb16_pretrain.pth"))
            #expect(fixture.weights.isEmpty && fixture.downloads.isEmpty)
        }
    }

    @Test("a page of HTML in place of a release is refused")
    func page() async throws {
        try await withStore(Array("<!DOCTYPE html><html>Please log in</html>".utf8)) { fixture in
            let error = await failure(fixture.store, Release.source())
            #expect(error.kind == .archive)
            #expect(error.reason.contains("not a zip archive"))
            #expect(fixture.downloads.isEmpty)
        }
    }

    @Test("a catalog cannot name places outside the weights folder", arguments: ["../x", "/x", "a/../../x", ""])
    func paths(_ path: String) async throws {
        try await withStore(ZipBuilder(Release.members()).build()) { fixture in
            let items = [WeightSource.Item(member: "readme.txt", path: path)]
            #expect(await failure(fixture.store, Release.source(items: items)).kind == .badSetting)
            #expect(fixture.store.locate(path) == nil)
            #expect(fixture.server.requests.isEmpty)
        }
    }

    @Test("a member of a compressed tar archive is taken out")
    func tar() async throws {
        var tar = TarBuilder()
        tar.add("package-1.0/weights/a.ckpt", Release.backbone)
        tar.add("package-1.0/setup.py", Release.config)
        let items = [WeightSource.Item(member: "weights/a.ckpt", path: "package-1.0/a.ckpt")]
        try await withStore(tar.gzip()) { fixture in
            try await fixture.store.fetch(Release.source(packaging: .tarGz, items: items))
            #expect(fixture.weights == ["package-1.0/a.ckpt"])
            #expect(try fixture.contents("package-1.0/a.ckpt") == Release.backbone)
        }
    }
}
