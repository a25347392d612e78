import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// Copies of the project's sample images in an index whose model is not calibrated: perceptual hashes find them.
@Suite("Copies by perceptual hashes")
struct CopyTests {
    private static let samples = Fixtures.packageRoot.appending(path: "Samples")

    private static func scene() throws -> Image { try Image(contentsOf: samples.appending(path: "scene.jpg")) }

    private static func resized(_ image: Image, longer: Int) -> Image {
        let scale = Double(longer) / Double(max(image.width, image.height))
        return image.resized(
            width: Int((Double(image.width) * scale).rounded()), height: Int((Double(image.height) * scale).rounded()))
    }

    private static func turned(_ image: Image) -> Image {
        var pixels: [UInt8] = []
        for x in 0..<image.width {
            for y in (0..<image.height).reversed() { pixels += image.pixels[(3 * (y * image.width + x))...].prefix(3) }
        }
        return Image(width: image.height, height: image.width, pixels: pixels)
    }

    private static func report(_ gallery: Gallery, _ tier: DuplicateTier) throws -> DuplicateReport {
        try IndexReader(gallery.index).duplicates(
            DuplicateOptions(tier: tier, thresholds: try DuplicateThresholds(nil)))
    }

    private static func tiers(_ report: DuplicateReport) -> [String: DuplicateTier] {
        var tiers: [String: DuplicateTier] = [:]
        for file in report.groups.flatMap(\.files) { tiers[file.image.name] = file.tier }
        return tiers
    }

    @Test("A pair is a copy whatever else there is: alone, among qualities of itself, among other images")
    func anyCollection() async throws {
        try await Gallery.with(0) { gallery in
            let scene = try Self.scene()
            try FileManager.default.copyItem(
                at: Self.samples.appending(path: "scene.jpg"), to: gallery.image("scene.jpg"))
            try Self.resized(scene, longer: scene.width / 2).write(to: gallery.image("half.jpg"), quality: 90)
            try gallery.update()
            var report = try Self.report(gallery, .reencoded)
            #expect(report.groups.map { $0.files.map(\.image.name) } == [["scene.jpg", "half.jpg"]])
            #expect(report.groups[0].files[1].evidence == .hash && report.groups[0].files[1].tier == .reencoded)
            for quality in stride(from: 95, through: 60, by: -5) {
                try scene.write(to: gallery.image("quality\(quality).jpg"), quality: quality)
            }
            for name in ["different.jpg"] {
                try FileManager.default.copyItem(at: Self.samples.appending(path: name), to: gallery.image(name))
            }
            try gallery.update()
            report = try Self.report(gallery, .reencoded)
            #expect(Self.tiers(report)["half.jpg"] == .reencoded && Self.tiers(report)["different.jpg"] == nil)
            report = try Self.report(gallery, .near)
            #expect(report.groups.count == 1 && report.groups[0].files.count == 10)
            #expect(Self.tiers(report)["half.jpg"] == .reencoded && Self.tiers(report)["different.jpg"] == nil)
        }
    }

    @Test("Thumbnails, re-encodings and edits are found, and no edit is a re-encoded copy")
    func edits() async throws {
        try await Gallery.with(0) { gallery in
            let scene = try Self.scene()
            try scene.write(to: gallery.image("scene.png"))
            let copies = [
                "thumbnail.jpg": Self.resized(scene, longer: 160),
                "half.jpg": Self.resized(scene, longer: scene.width / 2),
            ]
            for (name, copy) in copies { try copy.write(to: gallery.image(name), quality: 85) }
            try scene.write(to: gallery.image("compressed.jpg"), quality: 95)
            let edits: [(String, Alteration, Double)] = [
                ("bright", .brightness, 0.25), ("blur", .blur, 0.3), ("noise", .noise, 4), ("mirror", .mirror, 1),
                ("gray", .desaturation, 1), ("contrast", .contrast, 0.2), ("hue", .hue, 30),
            ]
            for (name, alteration, strength) in edits {
                try alteration.applied(to: scene, strength: strength, seed: 1)
                    .write(to: gallery.image("\(name).jpg"), quality: 92)
            }
            try Self.turned(scene).write(to: gallery.image("turned.jpg"), quality: 92)
            try FileManager.default.copyItem(
                at: Self.samples.appending(path: "different.jpg"), to: gallery.image("different.jpg"))
            try gallery.update()
            let strict = try Self.report(gallery, .reencoded)
            let found = Self.tiers(strict)
            #expect(found["compressed.jpg"] == .reencoded, "\(found)")
            #expect(
                Set(found.keys).isDisjoint(with: edits.map { "\($0.0).jpg" } + ["turned.jpg", "different.jpg"]),
                "\(found)")
            let near = try Self.report(gallery, .near)
            #expect(near.groups.count == 1 && near.groups[0].keep.name == "scene.png")
            let tiers = Self.tiers(near)
            for name in edits.map({ "\($0.0).jpg" }) + ["turned.jpg"] { #expect(tiers[name] == .near, "\(name)") }
            for name in copies.keys { #expect(tiers[name].map { $0 <= .near } == true, "\(name)") }
            #expect(tiers["different.jpg"] == nil)
            let orientations = Dictionary(
                uniqueKeysWithValues: near.groups[0].files.map { ($0.image.name, $0.hash?.orientation) })
            #expect(orientations["mirror.jpg"] == .mirrored && orientations["bright.jpg"] == .asIs)
            #expect([.turnedLeft, .turnedRight].contains(orientations["turned.jpg"] ?? .asIs))
        }
    }

    @Test("Two screens of one window whose numbers all differ are no re-encoded copies")
    func screens() async throws {
        try await Gallery.with(0) { gallery in
            for name in ["screen1.png", "screen5.png"] {
                try FileManager.default.copyItem(at: Fixtures.file("copies/" + name), to: gallery.image(name))
            }
            try gallery.update()
            let report = try Self.report(gallery, .reencoded)
            #expect(report.groups.isEmpty)
            // They are told of: the looser tier has them.
            #expect(try Self.report(gallery, .near).duplicates == report.uncertain && report.uncertain == 1)
        }
    }

    @Test("Plain images of different colors are near each other to a model, and no copies")
    func plainColors() async throws {
        try await Gallery.with(0) { gallery in
            for (name, value) in [("white", 255), ("nearly", 253), ("gray", 128), ("black", 0)] {
                try Image(width: 64, height: 48, pixels: Array(repeating: UInt8(value), count: 64 * 48 * 3))
                    .write(to: gallery.image(name + ".png"))
            }
            try gallery.update()
            // To this distance everything is near.
            let report = try IndexReader(gallery.index).duplicates(
                DuplicateOptions(tier: .near, thresholds: try DuplicateThresholds(nil, near: 2)))
            #expect(report.groups.map { Set($0.files.map(\.image.name)) } == [["white.png", "nearly.png"]])
        }
    }

    @Test("Of copies with as many pixels the lossless one is kept, though its file is smaller")
    func losslessFirst() async throws {
        try await Gallery.with(0) { gallery in
            let scene = try Self.resized(Self.scene(), longer: 256)
            // Few colors, so that a PNG is smaller than a JPEG of high quality.
            let plain = Image(width: scene.width, height: scene.height, pixels: scene.pixels.map { $0 & 0xC0 })
            try plain.write(to: gallery.image("a.jpg"), quality: 98)
            try plain.write(to: gallery.image("b.png"))
            try gallery.update()
            let report = try Self.report(gallery, .near)
            #expect(report.groups.map { $0.files.map(\.image.name) } == [["b.png", "a.jpg"]])
            #expect(report.groups[0].files[0].bytes < report.groups[0].files[1].bytes)
        }
    }

    @Test("An index of an older version gets its hashes with the next update, and says until then what it lacks")
    func older() async throws {
        try await Gallery.with(0) { gallery in
            let scene = try Self.scene()
            try scene.write(to: gallery.image("scene.png"))
            try Self.resized(scene, longer: 160).write(to: gallery.image("thumbnail.jpg"), quality: 85)
            try gallery.update()
            try MismatchTests.change(gallery, "UPDATE content SET fingerprint = NULL")
            let bare = try Self.report(gallery, .near)
            #expect(bare.groups.isEmpty && bare.withoutFingerprint == 2)
            let update = try gallery.writer().update([ImagePath(gallery.images.path)], with: gallery.model)
            #expect(update.added == 0 && update.unchanged == 2)
            let mended = try Self.report(gallery, .near)
            #expect(mended.groups.count == 1 && mended.withoutFingerprint == 0)
            // What is no fingerprint counts as none.
            try MismatchTests.change(gallery, "UPDATE content SET fingerprint = x'0102'")
            #expect(try Self.report(gallery, .near).withoutFingerprint == 2)
        }
    }
}
