import DreamSim
import DreamSimSupport
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Robustness of metrics")
struct RobustnessTests {
    /// Gray images, 16 pixels a side, each of one level.
    static func grays(_ levels: UInt8...) -> RobustnessSet {
        RobustnessSet(
            levels.map { .init(path: ImagePath("\($0).png"), image: DrawnImages.flat(16, 16, $0)) },
            preprocessing: Preprocessing(side: 16))
    }

    static func report(
        _ set: RobustnessSet, _ metrics: [any PerceptualMetric], _ steps: [Alteration.Step], distractors: Int? = nil
    ) throws -> RobustnessReport {
        try RobustnessReport(of: set, metrics: metrics, settings: .init(steps: steps, distractors: distractors))
    }

    @Test("Shares and recalls are those that were computed by hand")
    func numbers() throws {
        // A fifth of white makes 91 of 50, 131 of 100 and 211 of 200; 91 is nearer to 100 than to 50.
        let metrics: [any PerceptualMetric] = [PixelMetric.l1, PixelMetric.mse, PixelMetric.psnr]
        let report = try Self.report(
            Self.grays(50, 100, 200), metrics, [.init(.brightness, 0.2), .init(.mirror, 1)])
        let (brighter, mirrored) = (report.results[0], report.results[1])
        #expect(report.images == 3 && report.errors == nil)
        let decibels = -20 * log10(31.0 / 255)
        let expected: [(metric: String, scale: Double, share: Double, value: Double)] = [
            ("l1", 100.0 / 255, 0.31, 31.0 / 255), ("mse", 10_000.0 / 65_025, 0.0961, 961.0 / 65_025),
            ("psnr", 100.0 / 255, 0.31, decibels),
        ]
        for (metric, scale, share, value) in expected {
            let found = try #require(report.metrics.first { $0.column.name == metric })
            #expect(abs(found.scale - scale) < 1e-12 && found.pairs == 3 && found.candidates == 3)
            #expect(abs(try #require(brighter.shares[metric]) - share) < 1e-12)
            #expect(abs(try #require(brighter.values[metric]) - value) < 1e-12)
            #expect(brighter.recallAt1[metric] == 2.0 / 3)
            #expect(mirrored.shares[metric] == 0 && mirrored.recallAt1[metric] == 1)
        }
    }

    @Test("Another image that is as near as the original makes a miss")
    func ties() throws {
        // Without contrast all are 128, which is as far from 100 as from 156.
        let report = try Self.report(Self.grays(100, 156, 0), [PixelMetric.l1], [.init(.contrast, 1)])
        #expect(report.results[0].recallAt1["l1"] == 0)
        let one = try Self.report(Self.grays(100, 157, 0), [PixelMetric.l1], [.init(.contrast, 1)])
        #expect(one.results[0].recallAt1["l1"] == 1.0 / 3)
    }

    @Test("Metrics that do not embed compete with as many distractors as are asked for, drawn by the seed")
    func distractors() throws {
        let set = Self.grays(0, 30, 60, 90, 120, 150, 180, 210, 240)
        let steps = [Alteration.Step(.brightness, 0.2)]
        let few = try Self.report(set, [PixelMetric.l1], steps, distractors: 2)
        #expect(few.metrics[0].candidates == 3 && (9...18).contains(few.metrics[0].pairs))
        #expect(try JSON.text(few) == JSON.text(Self.report(set, [PixelMetric.l1], steps, distractors: 2)))
        let all = try Self.report(set, [PixelMetric.l1], steps)
        #expect(all.metrics[0].candidates == 9 && all.metrics[0].pairs == 36)
        #expect(try JSON.text(all) == JSON.text(Self.report(set, [PixelMetric.l1], steps, distractors: 100)))
        // 0 becomes 51, 30 becomes 75 and so on: up to 150 another original is nearer; 180 becomes 195, which is as near to 210.
        #expect(all.results[0].recallAt1["l1"] == 2.0 / 9)
        #expect(try #require(few.results[0].recallAt1["l1"]) >= 2.0 / 9)
    }

    @Test("A model's numbers are its distances, image by image, among all images")
    func model() async throws {
        try await TinyModels.withModel { model, _ in
            let images = (1...5).map { model.preprocessing.applied(to: TinyModels.image($0)) }
            let set = RobustnessSet(
                images.enumerated().map { .init(path: ImagePath("\($0)"), image: $1) },
                preprocessing: model.preprocessing)
            let steps: [Alteration.Step] = [.init(.hue, 90), .init(.desaturation, 1), .init(.crop, 0.4)]
            let report = try RobustnessReport(
                of: set, metrics: [model, PixelMetric.l1], settings: .init(steps: steps, distractors: 1, batch: 2))
            #expect(report.metrics.map(\.candidates) == [5, 2])
            var apart: [Double] = []
            for a in 0..<5 { for b in (a + 1)..<5 { apart.append(try model.distance(images[a], images[b])) } }
            let scale = (apart.sorted()[4] + apart.sorted()[5]) / 2
            #expect(abs(report.metrics[0].scale - scale) < 1e-6 && report.metrics[0].pairs == 10)
            for (step, entry) in zip(steps, report.results) {
                let table = try images.map { image in
                    try model.values(
                        from: try step.alteration.applied(to: image, strength: step.strength, seed: 0), to: images)
                }
                let own = table.indices.map { table[$0][$0] }.sorted()[2]
                let hits = table.enumerated().count { row, values in values.allSatisfy { values[row] <= $0 } }
                #expect(abs(try #require(entry.shares["tiny"]) - own / scale) < 1e-5)
                #expect(entry.recallAt1["tiny"] == Double(hits) / 5)
            }
        }
    }

    @Test("A metric that fails, or that sees no difference, does not keep others from having values")
    func failures() async throws {
        let tooSmall = try await MetricCatalog.load("ms-ssim")
        let report = try Self.report(
            Self.grays(0, 90, 255), [tooSmall, PixelMetric.l1, WholeMetric()], [.init(.mirror, 1)])
        #expect(report.metrics.map(\.column.name) == ["l1"])
        #expect(report.errors?.count == 2 && report.results[0].shares.keys.sorted() == ["l1"])
        #expect(report.errors?["whole"]?.contains("median difference of 0") == true)
    }

    @Test("Steps say what they do, and mild ones are within the range of their alteration")
    func steps() throws {
        #expect(
            Alteration.mild.map { $0.label(side: 224) } == [
                "blur 2 px", "blur 4 px", "JPEG quality 30", "JPEG quality 10", "noise 25 of 255", "brightness +20 %",
                "contrast -40 %", "hue +40°", "gray", "crop 10 %", "mirror", "shift 5 %", "rotation 5°",
            ])
        for step in Alteration.allCases.flatMap(\.mildSteps) {
            #expect(step.alteration.range.contains(step.strength) && !step.label(side: 64).isEmpty)
        }
        #expect(Alteration.Step(.desaturation, 0.5).label(side: 64) == "desaturation 50 %")
    }

    @Test("Every image has noise of its own, the same for the same seed")
    func noise() throws {
        let copies = try [UInt64(1), 1, 2].map { seed in
            let recorder = Recorder()
            _ = try RobustnessReport(
                of: Self.grays(90, 91), metrics: [recorder],
                settings: .init(steps: [.init(.noise, 10)], seed: seed))
            return recorder.references.withLock { $0 }.filter { Set($0.pixels).count > 1 }
        }
        #expect(copies[0].count == 2 && copies[0] == copies[1] && copies[0] != copies[2])
        #expect(zip(copies[0][0].pixels, copies[0][1].pixels).contains { Int($1) - Int($0) != 1 })
    }

    @Test("Folders are read; equal images count once, broken ones not at all, and of many a sample is drawn")
    func reading() throws {
        try Fixtures.withTemporaryFolder { folder in
            func path(_ name: String) -> URL { folder.appending(path: name) }
            for level in [UInt8(10), 20, 30, 40, 50, 60] {
                try DrawnImages.flat(40, 30, level).write(to: path("\(level).png"))
            }
            try DrawnImages.flat(9, 9, 20).write(to: path("again.png"))
            try Data("no image".utf8).write(to: path("broken.jpg"))
            let root = [ImagePath(folder.path)]
            func set(_ limit: Int, _ seed: UInt64 = 1) throws -> RobustnessSet {
                try RobustnessSet(in: root, preprocessing: Preprocessing(side: 16), limit: limit, seed: seed)
            }
            let all = try set(8)
            #expect(all.images.map { $0.path.name } == ["10.png", "20.png", "30.png", "40.png", "50.png", "60.png"])
            #expect(all.images.allSatisfy { $0.image.width == 16 && $0.image.height == 16 })
            #expect(all.duplicates.map(\.name) == ["again.png"] && all.leftOut == 0)
            #expect(all.failures.count == 1 && all.failures[0].error.contains("broken.jpg"))
            let samples = try (1...20).map { try set(5, $0).images.map { $0.path.name } }
            #expect(Set(samples).count > 5 && samples.allSatisfy { $0 == $0.sorted() })
            #expect(try set(5).leftOut == 3)
            #expect(try set(5, 7).images.map(\.image) == set(5, 7).images.map(\.image))

            let empty = path("empty")
            try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
            for (paths, text) in [
                ([empty], "no image was found"), ([path("20.png"), path("again.png")], "has one image"),
                ([path("broken.jpg")], "has no image"),
            ] {
                let error = try #require(throws: DreamSimError.self) {
                    try RobustnessSet(in: paths.map { ImagePath($0.path) }, limit: 9, seed: 1)
                }
                #expect(error.kind == .empty && error.description.contains(text), "\(error)")
            }
        }
    }

    @Test("Every layout is written, with every metric and every alteration")
    func files() throws {
        let report = try Self.report(
            Self.grays(50, 100, 200), [PixelMetric.l1, PixelMetric.psnr], Alteration.mild)
        try Fixtures.withTemporaryFolder { folder in
            for format in RobustnessReport.Format.allCases {
                let url = folder.appending(path: "plot.\(format.rawValue)")
                try report.write(as: format, to: url)
                switch format {
                case .png, .jpg: #expect(try Image(contentsOf: url).width > 800)
                case .svg, .html:
                    let text = try String(contentsOf: url, encoding: .utf8)
                    for label in report.results.map(\.label) + ["l1", "psnr", "10^(-value / 20)"] {
                        #expect(text.contains(">\(label)<") || text.contains(label), "\(label)")
                    }
                    #expect(!text.contains("nan") && text.contains("<circle") && text.contains("<polygon"))
                }
            }
        }
    }
}

/// The mean absolute difference, which remembers what it was asked about.
private final class Recorder: PerceptualMetric {
    let references = Mutex<[Image]>([])
    let card = PixelMetric.l1.card

    func values(from reference: Image, to images: [Image]) throws -> [Double] {
        references.withLock { $0.append(reference) }
        return try PixelMetric.l1.values(from: reference, to: images)
    }
}
