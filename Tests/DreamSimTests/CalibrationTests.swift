import DreamSim
import DreamSimNetworks
import Foundation
import ModelTestSupport
import TestSupport
import Testing

@Suite("Calibrations for int8")
struct CalibrationTests {
    private static func withModel(
        _ body: (URL, PerceptualModel.LoadingOptions, PerceptualModel, ModelStore) async throws -> Void
    ) async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let url = try TinyModels.write(TinyModels.json(["dino", "clip"]), to: home)
        let options = TinyModels.options(home: home)
        let model = try await PerceptualModel.load(url.path, options: options)
        try await body(url, options, model, ModelStore(options.store))
    }

    private static func calibration(_ model: PerceptualModel, images: Range<UInt64> = 1..<5) -> ModelCalibration {
        var waiting = images.map { model.preprocessing.applied(to: TinyModels.image($0)) }
        return ModelCalibration(model, weights: model.stamp.weights) {
            defer { waiting = [] }
            return waiting.isEmpty ? nil : waiting
        }
    }

    @Test("Smoothed weights make the same network")
    func sameNetwork() async throws {
        try await Self.withModel { _, _, model, _ in
            let calibration = Self.calibration(model)
            #expect(calibration.images == 4 && calibration.parts.count == 2)
            for (part, magnitudes) in zip(model.parts, calibration.parts) {
                guard case .transformer(let network, let feature) = part else { continue }
                let weights = WeightSet(origin: "test", tensors: network.weights)
                let smoothed = try weights.smoothed(
                    by: magnitudes, for: network.configuration, reading: feature)
                #expect(smoothed.tensors != weights.tensors)
                let other = try VisionTransformer(network.configuration, weights: smoothed)
                let batch = model.preprocessing.batch([model.preprocessing.applied(to: TinyModels.image(9))])
                let (a, b) = (
                    network.features(feature, of: batch, centeringTokens: false).values,
                    other.features(feature, of: batch, centeringTokens: false).values
                )
                #expect(Difference(b, a).relativeL2 < 1e-5)
            }
        }
    }

    @Test("int8 takes the calibration in use, says so, and what was made with an earlier one can still be used")
    func use() async throws {
        try await Self.withModel { url, options, model, store in
            var options = options
            options.precision = .int8
            let image = TinyModels.image(3)
            let plain = try await PerceptualModel.load(url.path, options: options)
            let place = ModelCalibration.url(of: model.stamp.weights, in: store)
            try Self.calibration(model).write(to: place)
            let first = try await PerceptualModel.load(url.path, options: options)
            #expect(first.stamp.calibration == (try store.digest(of: place)))
            #expect(first.stamp.shortWeights.contains("calibration"))
            #expect(plain.stamp.calibration == nil && plain.stamp.weights == first.stamp.weights)
            #expect(first.embed(image).values != plain.embed(image).values)
            #expect(throws: DreamSimError.self) { try first.embed(image).distance(to: plain.embed(image)) }

            try ModelCalibration.retire(model.stamp.weights, in: store)
            #expect(try await PerceptualModel.load(url.path, options: options).embed(image) == plain.embed(image))
            try Self.calibration(model, images: 7..<9).write(to: place)
            #expect(
                try await PerceptualModel.load(url.path, options: options).stamp.calibration != first.stamp.calibration)
            options.calibration = .some(first.stamp.calibration)
            options.keepsMergedFile = false
            #expect(try await PerceptualModel.load(url.path, options: options).embed(image) == first.embed(image))
            options.calibration = .some(nil)
            #expect(try await PerceptualModel.load(url.path, options: options).embed(image) == plain.embed(image))
            // Of integers other than int8 it is nothing.
            (options.calibration, options.precision) = (nil, .int16)
            #expect(try await PerceptualModel.load(url.path, options: options).stamp.calibration == nil)
        }
    }

    @Test("A file that is none, or of other weights, is refused with the remedy")
    func refused() async throws {
        try await Self.withModel { url, options, model, store in
            var options = options
            options.precision = .int8
            let place = ModelCalibration.url(of: model.stamp.weights, in: store)
            let whole = Self.calibration(model)
            try whole.write(to: place)
            let bytes = try Data(contentsOf: place)
            func refusal(_ data: Data) async throws -> String {
                try data.write(to: place)
                let error = await #expect(throws: DreamSimError.self) {
                    try await PerceptualModel.load(url.path, options: options)
                }
                return "\(try #require(error))"
            }
            for data in [Data(), Data("text".utf8), bytes.prefix(100), bytes.prefix(bytes.count - 3)] {
                #expect(try await refusal(data).contains("calibrate the model again, or remove the file"))
            }
            let other = ModelCalibration(model, weights: String(repeating: "0", count: 64)) { nil }
            try other.write(to: place)
            #expect(try await refusal(Data(contentsOf: place)).contains("other weights"))
        }
    }
}
