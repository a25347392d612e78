import DreamSim
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("Masks")
struct MaskTests {
    /// A metric like LPIPS and SSIM: a map whose values depend on neighbors, in either direction.
    struct Windowed: SpatialMetric {
        let direction: Direction
        var card: MetricCard {
            MetricCard(
                name: "windowed", summary: "", direction: direction, lowest: direction == .lowerIsMoreAlike ? 0 : -1,
                highest: 1, size: .full(minimum: 5))
        }

        func values(from reference: Image, to images: [Image]) throws -> [Double] {
            try images.map { image in
                let mean = try map(reference, image).field.mean
                return direction == .lowerIsMoreAlike ? mean : 1 - mean
            }
        }

        func map(_ a: Image, _ b: Image) throws -> DifferenceMap {
            let (width, height) = (a.width - 4, a.height - 4)
            let values = (0..<(width * height)).map { i -> Float in
                let (x, y) = (i % width, i / width)
                var sum = 0
                for dy in 0..<5 {
                    for dx in 0..<5 {
                        sum += abs(Int(a[x + dx, y + dy].green) - Int(b[x + dx, y + dy].green))
                    }
                }
                return Float(sum) / (25 * 255)
            }
            return DifferenceMap(width: width, height: height, values: values, margin: 2)
        }
    }

    /// A mask that lets the left part count.
    static func left(_ width: Int, _ height: Int, upTo edge: Int) throws -> Mask {
        try Mask(
            ScalarField(
                width: width, height: height, values: (0..<(width * height)).map { $0 % width < edge ? 1 : 0 }),
            name: "left.png")
    }

    /// The image with noise right of an edge.
    static func changed(_ image: Image, from edge: Int) -> Image {
        var generator = SeededGenerator(state: 5)
        var pixels = image.pixels
        for i in pixels.indices where i / 3 % image.width >= edge {
            pixels[i] = UInt8.random(in: 0...255, using: &generator)
        }
        return Image(width: image.width, height: image.height, pixels: pixels)
    }

    @Test("Pixel metrics within a mask, as worked out by hand")
    func pixels() throws {
        let a = Image(width: 2, height: 1, pixels: [0, 0, 0, 0, 0, 0])
        let b = Image(width: 2, height: 1, pixels: [51, 51, 51, 255, 255, 255])
        let half = try Mask(ScalarField(width: 2, height: 1, values: [1, 0]), name: "half")
        func value(_ metric: PixelMetric, _ mask: Mask) throws -> Double {
            try MaskedMetric(metric, mask: mask).value(a, b)
        }
        let (norm, decibels) = (0.12.squareRoot(), -10 * log10(0.04))
        #expect(try abs(value(.l1, half) - 0.2) < 1e-15)
        #expect(try abs(value(.mse, half) - 0.04) < 1e-15)
        #expect(try abs(value(.l2, half) - norm) < 1e-15)
        #expect(try abs(value(.psnr, half) - decibels) < 1e-12)
        let gray = try Mask(ScalarField(width: 2, height: 1, values: [1, 0.5]), name: "gray")
        let weighed = 0.7 / 1.5
        #expect(try abs(value(.l1, gray) - weighed) < 1e-15)
        #expect(try MaskedMetric(PixelMetric.mse, mask: half).map(a, b).values == [0.04, 0])
    }

    static let metrics: [any SpatialMetric] =
        PixelMetric.allCases + [Windowed(direction: .lowerIsMoreAlike), Windowed(direction: .higherIsMoreAlike)]

    @Test("What a mask leaves out changes nothing, in either image", arguments: 0..<6)
    func ignored(index: Int) throws {
        let metric = Self.metrics[index]
        let (a, b) = (TinyModels.image(1), TinyModels.image(2))
        let masked = try MaskedMetric(metric, mask: Self.left(90, 70, upTo: 41))
        let value = try masked.value(a, b)
        #expect(try masked.value(a, Self.changed(b, from: 41)) == value)
        #expect(try masked.value(Self.changed(a, from: 41), b) == value)
        #expect(try masked.value(a, Self.changed(b, from: 40)) != value)
        #expect(try masked.value(a, a) == metric.card.identical)
        #expect(try masked.map(a, b) == masked.map(a, Self.changed(b, from: 41)))
    }

    @Test("A white mask gives what no mask gives", arguments: 0..<6)
    func white(index: Int) throws {
        let metric = Self.metrics[index]
        let (a, b) = (TinyModels.image(1), TinyModels.image(2))
        let expected = try metric.value(a, b)
        let white = try Mask(Image(width: 90, height: 70, filledWith: .white), name: "white")
        #expect(white.isWhole && white.share == 1)
        #expect(try MaskedMetric(metric, mask: white).value(a, b) == expected)
        // Nearly white goes through the weighing and stays near.
        let nearly = try Mask(
            ScalarField(width: 90, height: 70, values: .init(repeating: 0.999, count: 6300)), name: "")
        let scale = metric.card.name == "l2" ? 0.999.squareRoot() : 1
        #expect(try abs(MaskedMetric(metric, mask: nearly).value(a, b) - expected * scale) < 1e-6)
    }

    @Test("A transformer ignores what lies in masked patches", arguments: MaskHandling.allCases, ["cls", "cls_patch"])
    func transformer(handling: MaskHandling, feature: String) async throws {
        let model = try await DifferenceMapTests.model(["dino"], feature: feature)
        let (a, b) = (TinyModels.image(1, width: 64, height: 64), TinyModels.image(2, width: 64, height: 64))
        let masked = try MaskedMetric(model, mask: Self.left(64, 64, upTo: 32), handling: handling)
        let value = try masked.value(a, b)
        #expect(try masked.value(a, Self.changed(b, from: 32)) == value)
        #expect(try masked.value(Self.changed(a, from: 32), b) == value)
        #expect(try masked.value(a, Self.changed(b, from: 30)) != value)
        #expect(try masked.value(a, a) == 0)
        #expect(try value != model.value(a, b))
        let map = try masked.map(a, b)
        for patch in 0..<16 { #expect((map.values[patch] == 0) == (patch % 4 >= 2)) }
        #expect(try map == masked.map(a, Self.changed(b, from: 32)))
        let white = try Mask(Image(width: 64, height: 64, filledWith: .white), name: "white")
        #expect(try MaskedMetric(model, mask: white, handling: handling).value(a, b) == model.value(a, b))
        // A mask that is not white and yet keeps every patch goes the slow way to the same distance.
        var nearly = [Float](repeating: 1, count: 64 * 64)
        nearly[0] = 0
        let corner = try Mask(ScalarField(width: 64, height: 64, values: nearly), name: "corner")
        let slow = try MaskedMetric(model, mask: corner, handling: handling).value(a, b)
        #expect(try abs(slow - model.value(a, b)) < 1e-6)
    }

    @Test("An ensemble is masked on every backbone's own grid, also when images are cut or padded")
    func ensemble() async throws {
        let mask = try Self.left(90, 70, upTo: 45)
        let (a, b) = (TinyModels.image(1), TinyModels.image(2))
        for fit in [Image.Fit.stretch, .crop, .pad(.black)] {
            let home = try Fixtures.temporaryFolder()
            defer { try? FileManager.default.removeItem(at: home) }
            let url = try TinyModels.write(TinyModels.json(["dino", "clip"]), to: home)
            var options = TinyModels.options(home: home)
            options.preprocessing.fit = fit
            let model = try await PerceptualModel.load(url.path, options: options)
            let masked = try MaskedMetric(model, mask: mask)
            let value = try masked.value(a, b)
            #expect(value > 0)
            // Beyond the reach of resampling, nothing behind the mask shows.
            #expect(try masked.value(a, Self.changed(b, from: 80)) == value)
        }
    }

    @Test("Masks of another size, empty ones and metrics without places are refused")
    func refused() async throws {
        let (a, b) = (TinyModels.image(1), TinyModels.image(2))
        let empty = try #require(throws: DreamSimError.self) {
            try Mask(Image(width: 4, height: 4, filledWith: .black), name: "empty.png")
        }
        #expect(empty.kind == .badSetting && empty.description.contains("empty.png"))
        #expect(throws: DreamSimError.self) {
            try Mask(ScalarField(width: 2, height: 1, values: [.nan, -1]), name: "nan")
        }
        let small = try Self.left(10, 10, upTo: 5)
        let model = try await DifferenceMapTests.model(["dino"])
        for metric in Self.metrics + [model] {
            let error = try #require(throws: DreamSimError.self) { try MaskedMetric(metric, mask: small).value(a, b) }
            #expect(error.kind == .incomparable && error.reason.contains("10x10") && error.reason.contains("90x70"))
        }
        let mask = try Self.left(90, 70, upTo: 45)
        #expect(throws: DreamSimError.self) { try MaskedMetric(PixelMetric.mse, mask: mask, handling: .removed) }
        // One white pixel is less than half of any patch.
        let dot = try Mask(
            ScalarField(width: 90, height: 70, values: (0..<6300).map { $0 == 3000 ? 1 : 0 }), name: "dot.png")
        let error = try #require(throws: DreamSimError.self) { try MaskedMetric(model, mask: dot).value(a, b) }
        #expect(error.kind == .badSetting && error.description.contains("dot.png"))
        #expect(throws: DreamSimError.self) {
            try mask.inverted().inverted().checkSize(of: Image(width: 1, height: 1, filledWith: .black))
        }
    }
}
