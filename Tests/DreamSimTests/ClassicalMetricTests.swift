import DreamSim
import Foundation
import TestSupport
import Testing

/// L1, L2, MSE, PSNR, SSIM, MS-SSIM, FSIM, HaarPSI, GMSD and VIF against other libraries, and what holds for every one of them.
@Suite("Classical metrics")
struct ClassicalMetricTests {
    static let metrics: [any PerceptualMetric] =
        PixelMetric.allCases as [any PerceptualMetric] + StructuralSimilarity.allCases + MultiScaleSimilarity.allCases
        + FeatureSimilarity.allCases
        + [HaarSimilarity(), GradientSimilarityDeviation(), VisualInformationFidelity()] as [any PerceptualMetric]

    struct Recorded: Decodable {
        struct Pair: Decodable {
            let kind: String
            let width: Int
            let height: Int
            let values: [String: Double?]
        }
        let pairs: [Pair]
    }

    /// The bar: 1e-6 relative for the metrics of pixels, 1e-5 for the structural ones.
    static func isNear(_ value: Double, _ expected: Double, _ metric: any PerceptualMetric) -> Bool {
        metric is PixelMetric ? abs(value - expected) <= 1e-6 * abs(expected) : abs(value - expected) <= 1e-5
    }

    @Test("pdq counts the bits in which two hashes differ, in 128ths")
    func hash() async throws {
        let metric = try await MetricCatalog.load("pdq")
        let images = try ["scene", "recolored", "different"].map {
            try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/\($0).jpg"))
        }
        let values = try metric.values(from: images[0], to: images)
        #expect(values[0] == 0 && values[1] > 0 && values[1] < 31.0 / 128 && values[2] > 0.7)
        #expect(values.allSatisfy { ($0 * 128 - ($0 * 128).rounded()).magnitude < 1e-4 })
    }

    @Test("The metrics of these tests are all that need no weights")
    func all() {
        #expect(
            Set(Self.metrics.map(\.card.name)).union(["pdq"])
                == Set(MetricCatalog.all.filter { $0.needs == nil }.map(\.card.name)))
    }

    @Test("Every value of scikit-image, piq and torchmetrics on drawn images, and the sizes that they refuse")
    func drawn() throws {
        let recorded = try JSONDecoder().decode(
            Recorded.self, from: Data(contentsOf: Fixtures.file("metrics.json")))
        var count = 0
        for pair in recorded.pairs {
            let (a, b) = try #require(DrawnImages.pair(pair.kind, pair.width, pair.height))
            for metric in Self.metrics {
                guard let expected = pair.values[metric.card.name] else { continue }
                let place = "\(metric.card.name), \(pair.kind) \(pair.width)x\(pair.height)"
                if let expected {
                    let value = try metric.value(a, b)
                    #expect(Self.isNear(value, expected, metric), "\(place): \(value), not \(expected)")
                    count += 1
                } else {
                    let error = #expect(throws: DreamSimError.self, "\(place)") { try metric.value(a, b) }
                    #expect(error?.kind == .incomparable)
                }
            }
        }
        #expect(count > 150)
    }

    @Test(
        "Every recorded value on photographs",
        .enabled(if: Fixtures.shared != nil, "\(Fixtures.sharedIsMissing)"))
    func photographs() throws {
        let shared = try #require(Fixtures.shared)
        let json = try JSONSerialization.jsonObject(
            with: Data(contentsOf: shared.appending(path: "golden/metrics.json")))
        let pairs = try #require((json as? [String: Any])?["pairs"] as? [[String: Any]])
        #expect(pairs.count == 6)
        // Recorded in single precision, piq's value of bright flat areas is up to 1.7e-5 off its own in double
        // precision, which stands here.
        let piq = [
            "triplet1_1.png": 0.032405879616903714, "triplet1_3.png": 0.059124113181541725,
            "triplet2_1.png": 0.4322978226282681, "triplet2_3.png": 0.4420388237770129,
            "triplet3_1.png": 0.14904531683359215, "triplet3_3.png": 0.07888478122787566,
        ]
        let names = [
            "l1": "l1", "l2": "l2", "mse": "mse", "psnr": "psnr", "ssim_wang_rgb": "ssim",
            "ssim_skimage_default_rgb": "ssim:skimage", "ssim_piq_no_downsample": "ssim",
            "ssim_piq_default": "ssim:piq",
            "ssim_torchmetrics": "ssim:torchmetrics", "ms_ssim_piq": "ms-ssim:piq",
            "ms_ssim_torchmetrics": "ms-ssim:torchmetrics",
        ]
        for pair in pairs {
            let images = try ["a", "b"].map { key in
                let name = try #require(pair[key] as? String)
                return try Image(contentsOf: shared.appending(path: "data/nights-png/\(name)"))
            }
            for (key, name) in names {
                let metric = try #require(Self.metrics.first { $0.card.name == name })
                var expected = try #require(pair[key] as? Double)
                if name == "ssim:piq" {
                    let exact = try #require(piq[pair["b"] as? String ?? ""])
                    #expect(abs(expected - exact) < 2e-5)
                    expected = exact
                }
                let value = try metric.value(images[0], images[1])
                #expect(Self.isNear(value, expected, metric), "\(key), \(pair["b"] ?? ""): \(value), not \(expected)")
            }
        }
    }

    @Test("Identical images have exactly the value that the card names, flat, noisy or huge", arguments: 0..<4)
    func identity(index: Int) throws {
        let image = [
            DrawnImages.noise(3, 211, 199), DrawnImages.flat(200, 176, 0), DrawnImages.flat(177, 300, 255),
            DrawnImages.waves(2600, 400, step: 3),
        ][index]
        for metric in Self.metrics {
            #expect(try metric.value(image, image) == metric.card.identical, "\(metric.card.name)")
        }
    }

    @Test("Exchanging the images changes no bit, and neither does the number of threads")
    func symmetry() throws {
        let (a, b) = (DrawnImages.waves(311, 257, step: 3), DrawnImages.noise(5, 311, 257))
        let threads = PerceptualModel.threads
        defer { PerceptualModel.threads = threads }
        for metric in Self.metrics {
            PerceptualModel.threads = 1
            let value = try metric.value(a, b)
            // Fidelity is to the reference.
            #expect(try (metric.value(b, a) == value) != (metric is VisualInformationFidelity), "\(metric.card.name)")
            PerceptualModel.threads = 3
            #expect(try metric.value(a, b) == value, "\(metric.card.name)")
            #expect((metric.card.lowest...metric.card.highest).contains(value))
        }
    }

    @Test("Several images get the values that each gets alone")
    func several() throws {
        let reference = DrawnImages.waves(190, 180, step: 3)
        let others = (1...3).map { DrawnImages.noise(UInt64($0), 190, 180) }
        for metric in Self.metrics {
            let together = try metric.values(from: reference, to: others)
            #expect(together == (try others.map { try metric.value(reference, $0) }), "\(metric.card.name)")
        }
    }

    @Test("Images of different sizes, and too small ones, are refused with advice")
    func sizes() throws {
        let a = DrawnImages.flat(200, 180, 9)
        for metric in Self.metrics {
            let error = #expect(throws: DreamSimError.self) { try metric.value(a, DrawnImages.flat(180, 200, 9)) }
            #expect(error?.kind == .incomparable)
            #expect(error?.reason.contains("200x180") == true && error?.reason.contains("resize both") == true)
            guard case .full(let minimum) = metric.card.size else { continue }
            let least = DrawnImages.noise(1, minimum, minimum)
            #expect(try metric.value(least, least) == metric.card.identical)
            guard minimum > 1 else { continue }
            let small = DrawnImages.flat(minimum - 1, minimum, 9)
            #expect(throws: DreamSimError.self, "\(metric.card.name)") { try metric.value(small, small) }
        }
    }

    @Test("One pixel: the metrics of pixels know what to do")
    func onePixel() throws {
        let (black, white) = (DrawnImages.flat(1, 1, 0), DrawnImages.flat(1, 1, 255))
        #expect(try PixelMetric.l1.value(black, white) == 1)
        #expect(try PixelMetric.mse.value(black, white) == 1)
        #expect(try PixelMetric.l2.value(black, white) == 3.0.squareRoot())
        #expect(try PixelMetric.psnr.value(black, white) == 0)
        #expect(try PixelMetric.psnr.value(white, white) == .infinity)
    }

    @Test("The map of SSIM averages to one minus its value, and is 0 for identical images")
    func map() throws {
        let (a, b) = (DrawnImages.waves(300, 270, step: 3), DrawnImages.noise(5, 300, 270))
        for metric in StructuralSimilarity.allCases {
            let map = try metric.map(a, b)
            let mean = map.values.reduce(0) { $0 + Double($1) } / Double(map.values.count)
            #expect(abs(mean - (1 - (try metric.value(a, b)))) < 1e-6)
            #expect(try metric.map(a, a).values.allSatisfy { $0 == 0 })
            let border = metric == .torchmetrics ? 0 : metric == .skimage ? 6 : 10
            #expect(map.width == 300 - border && map.height == 270 - border)
        }
    }

    @Test("The map of SSIM points at the place that differs")
    func mapPlace() throws {
        let a = DrawnImages.waves(120, 100, step: 3)
        var pixels = a.pixels
        for y in 40..<60 { for i in (y * 360 + 210)..<(y * 360 + 270) { pixels[i] = 255 - pixels[i] } }
        let map = try StructuralSimilarity.wang.map(a, Image(width: 120, height: 100, pixels: pixels))
        for y in 0..<map.height {
            for x in 0..<map.width {
                // A window begins at (x, y) and is 11 wide; the changed place is 70..<90 across, 40..<60 down.
                let touches = x + 10 >= 70 && x < 90 && y + 10 >= 40 && y < 60
                #expect((map.values[y * map.width + x] > 0) == touches, "(\(x), \(y))")
            }
        }
    }

    @Test(
        "MS-SSIM drops odd columns and rows as the plain formula does", arguments: [(177, 201), (176, 176), (199, 215)])
    func multiScale(width: Int, height: Int) throws {
        let a = DrawnImages.waves(width, height, step: 3)
        let b = DrawnImages.mixed(a, DrawnImages.noise(7, width, height), 6)
        let value = try MultiScaleSimilarity.wang.value(a, b)
        #expect(abs(value - PlainSimilarity.multiScale(a, b)) < 1e-5)
    }
}

/// The formulas of the papers, in double precision, window by window.
enum PlainSimilarity {
    struct Plane {
        var width: Int
        var height: Int
        var values: [Double]

        subscript(x: Int, y: Int) -> Double { values[y * width + x] }

        func halved() -> Plane {
            let (w, h) = (width / 2, height / 2)
            return Plane(
                width: w, height: h,
                values: (0..<(w * h)).map { i in
                    let (x, y) = (i % w * 2, i / w * 2)
                    return (self[x, y] + self[x + 1, y] + self[x, y + 1] + self[x + 1, y + 1]) / 4
                })
        }
    }

    static func plane(_ image: Image, _ channel: Int) -> Plane {
        Plane(
            width: image.width, height: image.height,
            values: stride(from: channel, to: image.pixels.count, by: 3).map { Double(image.pixels[$0]) })
    }

    /// The means of SSIM and of contrast-structure.
    static func similarity(_ a: Plane, _ b: Plane) -> (Double, Double) {
        let weights = (0..<11).map { exp(-Double(($0 - 5) * ($0 - 5)) / 4.5) }
        let total = weights.reduce(0, +)
        let (c1, c2) = (2.55 * 2.55, 7.65 * 7.65)
        var (similarity, contrast) = (0.0, 0.0)
        let (columns, rows) = (a.width - 10, a.height - 10)
        for y in 0..<rows {
            for x in 0..<columns {
                var (ma, mb, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
                for j in 0..<11 {
                    for i in 0..<11 {
                        let w = weights[i] * weights[j] / (total * total)
                        let (p, q) = (a[x + i, y + j], b[x + i, y + j])
                        (ma, mb) = (ma + w * p, mb + w * q)
                        (aa, bb, ab) = (aa + w * p * p, bb + w * q * q, ab + w * p * q)
                    }
                }
                let cs = (2 * (ab - ma * mb) + c2) / (aa - ma * ma + bb - mb * mb + c2)
                contrast += cs
                similarity += (2 * ma * mb + c1) / (ma * ma + mb * mb + c1) * cs
            }
        }
        return (similarity / Double(columns * rows), contrast / Double(columns * rows))
    }

    static func multiScale(_ a: Image, _ b: Image) -> Double {
        let weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
        return (0..<3).map { channel in
            var (p, q) = (plane(a, channel), plane(b, channel))
            var product = 1.0
            for (index, weight) in weights.enumerated() {
                if index > 0 { (p, q) = (p.halved(), q.halved()) }
                let (similarity, contrast) = similarity(p, q)
                product *= pow(max(index == 4 ? similarity : contrast, 0), weight)
            }
            return product
        }.reduce(0, +) / 3
    }
}
