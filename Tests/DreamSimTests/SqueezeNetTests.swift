import DreamSim
import DreamSimCheckpoints
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// LPIPS through SqueezeNet, whose trained weights no package holds, with synthetic ones.
@Suite("LPIPS through SqueezeNet 1.1, synthetic weights")
struct SqueezeNetTests {
    /// Writes torchvision's names of the network with synthetic values.
    static func write(to url: URL) throws {
        var shapes: [(String, Shape)] = [("features.0", [64, 3, 3, 3])]
        var channels = 64
        for (index, squeeze, expand) in [
            (3, 16, 64), (4, 16, 64), (6, 32, 128), (7, 32, 128), (9, 48, 192), (10, 48, 192), (11, 64, 256),
            (12, 64, 256),
        ] {
            shapes.append(("features.\(index).squeeze", [squeeze, channels, 1, 1]))
            shapes.append(("features.\(index).expand1x1", [expand, squeeze, 1, 1]))
            shapes.append(("features.\(index).expand3x3", [expand, squeeze, 3, 3]))
            channels = 2 * expand
        }
        let tensors = shapes.flatMap { name, shape in
            [(name + ".weight", shape), (name + ".bias", [shape[0]])].map { key, shape in
                (name: key, tensor: SyntheticWeights.tensor("squeezenet1_1", key, shape))
            }
        }
        try SafetensorsWriter.write(tensors, to: url)
    }

    static func crop(_ image: Image, height: Int, width: Int) -> Image {
        Image(
            width: width, height: height,
            pixels: (0..<height).flatMap { image.pixels[($0 * image.width * 3)..<(($0 * image.width + width) * 3)] })
    }

    @Test("Agrees with the Python package at sizes whose last windows are cut off, within 1e-5 relative")
    func parity() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        var options = TinyModels.options(home: home)
        options.store.weightsFolder = home
        try Self.write(to: home.appending(path: "squeezenet1_1.safetensors"))
        let metric = try await LPIPS.load(.squeeze, .unweighted, options: options)
        let samples = Fixtures.packageRoot.appending(path: "Samples")
        let (scene, blurred) = (
            try Image(contentsOf: samples.appending(path: "scene.jpg")),
            try Image(contentsOf: samples.appending(path: "blurred.jpg"))
        )
        // Scripts/parity/squeezenet.py with torch 2.15, torchvision 0.29 and lpips 0.1.4.
        for (height, width, expected) in [
            (480, 480, 0.0740385502576828), (101, 68, 0.004506546538323164), (96, 131, 0.0034465312492102385),
            (17, 19, 0.0008467133156955242),
        ] {
            let (a, b) = (
                Self.crop(scene, height: height, width: width), Self.crop(blurred, height: height, width: width)
            )
            let value = try metric.value(a, b)
            #expect(abs(value - expected) <= 1e-5 * expected, "\(height)x\(width): \(value) for \(expected)")
            #expect(try metric.value(a, a) == 0)
        }
        // The smallest size of which PyTorch too can pool: one place is left after the third pooling.
        guard case .full(let minimum) = metric.card.size else {
            Issue.record("LPIPS compares images as they are")
            return
        }
        #expect(minimum == 17)
    }

    /// The images of Samples: the first, and those that it is compared with, cut to a size that leaves windows cut off.
    static func samples() throws -> (reference: Image, others: [Image]) {
        let folder = Fixtures.packageRoot.appending(path: "Samples")
        func image(_ name: String) throws -> Image {
            crop(try Image(contentsOf: folder.appending(path: name + ".jpg")), height: 229, width: 302)
        }
        let names = ["shifted", "recolored", "blurred", "noisy", "recompressed", "zoomed", "mirrored", "different"]
        return (try image("scene"), try names.map(image))
    }

    @Test("In int16 the values are those of float32, within 1e-3 relative")
    func integers() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        var options = TinyModels.options(home: home)
        options.store.weightsFolder = home
        try Self.write(to: home.appending(path: "squeezenet1_1.safetensors"))
        let exact = try await LPIPS.load(.squeeze, .unweighted, options: options)
        options.precision = .int16
        let rounded = try await LPIPS.load(.squeeze, .unweighted, options: options)
        #expect(rounded.card.precision == .int16)
        let (reference, others) = try Self.samples()
        let found = try rounded.values(from: reference, to: others)
        for (value, expected) in zip(found, try exact.values(from: reference, to: others)) {
            #expect(abs(value - expected) <= 1e-3 * expected && value != expected, "\(value) for \(expected)")
        }
        #expect(try rounded.value(reference, reference) == 0)
        // What is said of the numbers says so.
        let columns = [rounded, exact].map { MetricColumn($0, decoding: .standard) }
        #expect(columns[0].precision == .int16 && columns[0].settings == columns[1].settings + ", in int16")
        #expect(columns[1].precision == nil)
        #expect(columns[0].shortWeights?.hasSuffix(" in int16") == true)
        options.precision = .int8
        let refused = try await #require(throws: DreamSimError.self) {
            try await LPIPS.load(.squeeze, .unweighted, options: options)
        }
        #expect(refused.kind == .badSetting && refused.reason.contains("float32 or int16"))
    }

    @Test("Weights that are missing, or of another shape, are named")
    func broken() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        var options = TinyModels.options(home: home)
        options.store.weightsFolder = home
        let missing = try await #require(throws: DreamSimError.self) {
            try await LPIPS.load(.squeeze, options: options)
        }
        #expect(missing.kind == .weightsMissing)
        for text in ["squeezenet1_1-b8a52dc0.pth", "squeezenet1_1.safetensors", "lpips==0.1.4", home.path] {
            #expect(missing.reason.contains(text), "\(text) is not in: \(missing.reason)")
        }
        let url = home.appending(path: "squeezenet1_1.safetensors")
        for (name, shape, mention) in [
            ("features.0.weight", [64, 3, 3, 3] as Shape, "features.0.bias"),
            ("features.0.weight", [64, 3, 5, 5], "[64, 3, 3, 3]"), ("classifier.0.weight", [1], "features.0.weight"),
        ] {
            try SafetensorsWriter.write([(name, Tensor(zeros: shape))], to: url)
            let error = try await #require(throws: (any Error).self) {
                try await LPIPS.load(.squeeze, .unweighted, options: options)
            }
            #expect("\(error)".contains(mention) && "\(error)".contains(url.path), "\(error)")
        }
    }
}
