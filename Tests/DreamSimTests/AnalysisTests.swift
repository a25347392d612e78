import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("Sensitivity of metrics")
struct SensitivityTests {
    static let source = Heatmap.Source(
        path: ImagePath("scene.png"), image: TinyModels.image(1, width: 60, height: 40))
    static let settings = SensitivityReport.Settings(alterations: [.hue, .mirror, .noise], seed: 7)

    @Test("Differences begin where identical images are, and the largest is 1")
    func shares() throws {
        let report = try SensitivityReport(
            of: Self.source, metrics: [PixelMetric.mse, PixelMetric.psnr], settings: Self.settings)
        #expect(report.measurements.count == 2 * (5 + 1 + 5))
        for metric in ["mse", "psnr"] {
            let shares = report.measurements.filter { $0.metric == metric }.map(\.share)
            #expect(shares.max() == 1 && shares.allSatisfy { $0 > 0 })
        }
        for row in report.measurements {
            let altered = try row.alteration.applied(to: Self.source.image, strength: row.strength, seed: 7)
            if row.metric == "mse" {
                #expect(
                    try row.value == PixelMetric.mse.value(Self.source.image, altered) && row.difference == row.value)
            } else {
                // PSNR is the logarithm of the mean squared error.
                let error = try PixelMetric.mse.value(Self.source.image, altered).squareRoot()
                #expect(abs(row.difference - error) < 1e-12)
            }
        }
    }

    @Test("An unrelated image is the scale, and one that is the same is refused")
    func unrelated() throws {
        let other = Heatmap.Source(path: ImagePath("other.png"), image: TinyModels.image(9, width: 31, height: 77))
        let report = try SensitivityReport(
            of: Self.source, metrics: [PixelMetric.l1], unrelated: other, settings: Self.settings)
        let scale = try PixelMetric.l1.value(Self.source.image, other.image.resized(width: 60, height: 40))
        #expect(report.metrics[0].scale == scale)
        for row in report.measurements { #expect(abs(row.share - row.value / scale) < 1e-12) }
        let error = try #require(throws: DreamSimError.self) {
            try SensitivityReport(
                of: Self.source, metrics: [PixelMetric.l1], unrelated: Self.source, settings: Self.settings)
        }
        #expect(error.kind == .badSetting && error.description.contains("scene.png"))
    }

    @Test("A report repeats, a larger image is brought to size, and every layout is written")
    func files() throws {
        let large = Heatmap.Source(
            path: ImagePath("a<b>&\".png"), image: TinyModels.image(2, width: 300, height: 200))
        var settings = Self.settings
        settings.longestSide = 60
        let reports = try (0..<2).map { _ in
            try SensitivityReport(of: large, metrics: [PixelMetric.mse], settings: settings)
        }
        #expect(reports[0].width == 60 && reports[0].height == 40)
        #expect(try JSON.text(reports[0]) == JSON.text(reports[1]))
        try Fixtures.withTemporaryFolder { folder in
            for format in SensitivityReport.Format.allCases {
                let url = folder.appending(path: "plot.\(format.rawValue)")
                try reports[0].write(as: format, to: url)
                let data = try Data(contentsOf: url)
                switch format {
                case .png, .jpg: #expect(try Image(contentsOf: url).width > 500)
                case .json: #expect(try JSONSerialization.jsonObject(with: data) is [String: Any])
                case .csv: #expect(String(decoding: data, as: UTF8.self).split(separator: "\n").count == 12)
                case .svg, .html:
                    let text = String(decoding: data, as: UTF8.self)
                    #expect(text.contains("a&lt;b&gt;&amp;&quot;.png") && !text.contains("a<b>"))
                    #expect(text.contains("<polyline") && text.contains("hue"))
                }
            }
            let sheet = try reports[0].sheet(of: large, settings: settings)
            #expect(sheet.width > 800)
        }
        #expect(throws: (any Error).self) {
            try reports[0].write(as: .svg, to: URL(filePath: "/no/such/folder/plot.svg"))
        }
    }

    @Test("Nothing to see, missing values and many series are drawn")
    func charts() {
        let charts = LineCharts(
            title: "t", subtitle: "s", names: (0..<9).map { "series \($0)" },
            panels: [
                .init(title: "a", unit: "u", places: ["0"], series: [[0]]),
                .init(title: "b", unit: "u", places: ["0", "1", "2"], series: [[0, nil, .nan], [.infinity, 3, 1]]),
                .init(title: "c", unit: "u", places: [], series: []),
            ])
        let svg = charts.drawing().svg(title: "t")
        #expect(!svg.contains("nan") && !svg.contains("inf"))
        #expect(charts.drawing().rendered().width == charts.drawing().width)
        let empty = LineCharts(title: "", subtitle: "", names: [], panels: [])
        #expect(empty.drawing().rendered().height > 0)
    }
}

@Suite("Foreground and background")
struct ForegroundTests {
    static func sources() -> (Heatmap.Source, Heatmap.Source) {
        (
            .init(path: ImagePath("a.png"), image: TinyModels.image(1)),
            .init(path: ImagePath("b.png"), image: TinyModels.image(2))
        )
    }

    @Test("With masks, each part's distance is that of the painted images")
    func masks() throws {
        let (a, b) = Self.sources()
        let mask = try MaskTests.left(90, 70, upTo: 45)
        let versions = try ForegroundVersions(a, b, from: .masks([mask]), neutralColor: .black)
        let report = try ForegroundReport(of: versions, metrics: [PixelMetric.mse], decoding: .standard)
        let row = report.measurements[0]
        #expect(report.a.foreground == 0.5 && report.b.foreground == 0.5)
        #expect(try row.whole == PixelMetric.mse.value(a.image, b.image))
        // Painted pixels are equal, and the halves make up the whole.
        let (foreground, background) = (try #require(row.foreground), try #require(row.background))
        #expect(abs(foreground + background - row.whole) < 1e-12)
        // A part of less than a hundredth says nothing.
        let wide = [a, b].map { Heatmap.Source(path: $0.path, image: $0.image.resized(width: 210, height: 70)) }
        for (column, hasForeground, hasBackground) in [(2, false, true), (105, true, true), (208, true, false)] {
            let edge = try MaskTests.left(210, 70, upTo: column)
            let versions = try ForegroundVersions(wide[0], wide[1], from: .masks([edge]), neutralColor: .black)
            let row = try ForegroundReport(of: versions, metrics: [PixelMetric.mse], decoding: .standard).measurements[
                0]
            #expect((row.foreground != nil) == hasForeground && (row.background != nil) == hasBackground)
        }
        #expect(versions.a.foreground[50, 3] == .black && versions.a.foreground[44, 3] == a.image[44, 3])
        #expect(versions.b.background[44, 3] == .black && versions.b.background[45, 3] == b.image[45, 3])
        #expect(report.sheet(of: versions).width > 800)
    }

    @Test("Attention makes a foreground that holds its share")
    func attention() async throws {
        let (a, b) = Self.sources()
        let model = try await DifferenceMapTests.model(["dino"])
        let small = try ForegroundVersions(a, b, from: .attention(model, share: 0.2))
        let large = try ForegroundVersions(a, b, from: .attention(model, share: 0.8))
        #expect(small.a.share > 0 && small.a.share < large.a.share && large.a.share < 1)
        let field = try model.attention(.attention, of: a.image)
        #expect(abs(field.mean - 1) < 1e-5 && field.smallest >= 0)
        #expect(abs(try model.attention(.rollout, of: a.image).mean - 1) < 1e-5)
    }

    @Test("Masks of another size, and those that leave one part empty, are refused")
    func refused() throws {
        let (a, b) = Self.sources()
        #expect(throws: DreamSimError.self) {
            try ForegroundVersions(a, b, from: .masks([try MaskTests.left(9, 7, upTo: 4)]))
        }
        #expect(throws: DreamSimError.self) {
            try ForegroundVersions(a, b, from: .masks([try MaskTests.left(90, 70, upTo: 90)]))
        }
        let faint = try Mask(
            ScalarField(width: 90, height: 70, values: .init(repeating: 0.3, count: 6300)), name: "faint")
        #expect(throws: DreamSimError.self) { try ForegroundVersions(a, b, from: .masks([faint])) }
    }
}

/// Whether the weights and the recorded saliency are on this machine.
private let isSaliencyReady: Bool = {
    guard Fixtures.shared != nil, let store = try? ModelStore.Configuration.fromEnvironment() else { return false }
    return Catalog.model(named: SaliencyDetector.model)?.isReady(in: ModelStore(store)) ?? false
}()

@Suite(
    "Saliency, real weights", .serialized,
    .enabled(if: isSaliencyReady, "SKIPPED: needs the larger golden data and 'models pull vits14-focus'"))
struct SaliencyTests {
    @Test("What stands out equals the original's within 1e-4")
    func parity() async throws {
        let shared = try #require(Fixtures.shared)
        let expected = try Checkpoint(contentsOf: shared.appending(path: "golden/vits14.safetensors")).tensor("focus")
        let detector = try await SaliencyDetector.load(
            options: PerceptualModel.LoadingOptions(
                store: .fromEnvironment(), preprocessing: .reference, keepsMergedFile: false))
        var worst = 0.0
        for n in 0..<9 {
            let url = shared.appending(path: "data/nights-png/triplet\(n / 3 + 1)_\(n % 3 + 1).png")
            let field = detector.saliency(of: try Image(contentsOf: url, options: .reference))
            #expect(field.width == 224 && field.height == 224)
            let difference = Difference(
                field.values, Array(expected.values[(n * 224 * 224)..<((n + 1) * 224 * 224)]))
            worst = max(worst, difference.maxAbsolute)
            #expect(difference.maxAbsolute < 1e-4, "image \(n): \(difference)")
        }
        print("saliency: max abs \(worst)")
    }

    @Test("Nothing stands out of a flat image, or an error says so")
    func flat() async throws {
        let detector = try await SaliencyDetector.load(
            options: PerceptualModel.LoadingOptions(store: .fromEnvironment(), keepsMergedFile: false))
        let flat = Heatmap.Source(path: ImagePath("flat.png"), image: Image(width: 50, height: 50, filledWith: .white))
        let error = try #require(throws: DreamSimError.self) {
            try ForegroundVersions(flat, flat, from: .saliency(detector, threshold: 0.999))
        }
        #expect(error.kind == .badSetting && error.description.contains("flat.png"))
    }
}
