package import DreamSim
package import DreamSimNetworks
import DreamSimSupport
package import Foundation
import TestSupport

/// Descriptions of the small recorded transformers, as a user would write them for a model of their own.
package enum TinyModels {
    /// The backbones that the families are small versions of.
    package static let names = ["dino": "dino_vitb16", "clip": "clip_vitb16", "open_clip": "open_clip_vitb16"]

    /// The architecture of a family.
    package static func configuration(_ family: String) throws -> VisionTransformerConfiguration {
        guard let backbone = names[family].flatMap({ Backbone(name: $0) }) else { throw CocoaError(.fileNoSuchFile) }
        var configuration = backbone.configuration
        (configuration.width, configuration.depth, configuration.heads) = (48, 3, 4)
        (configuration.mlpWidth, configuration.positionGrid) = (192, 4)
        if configuration.projectionWidth != nil { configuration.projectionWidth = 32 }
        return configuration
    }

    /// A description with one backbone a family; DINO by its class token, the others by their embedding.
    package static func json(
        _ families: [String], name: String = "tiny", feature: String? = nil, adapter: String? = nil,
        weights: (String) -> String = { Fixtures.file("tiny/\($0).safetensors").path }
    ) throws -> [String: Any] {
        var json: [String: Any] = [
            "name": name,
            "backbones": try families.map { family in
                [
                    "architecture": try JSONSerialization.jsonObject(
                        with: JSONEncoder().encode(configuration(family))),
                    "weights": weights(family),
                    "feature": feature ?? (family == "dino" ? "cls" : "embedding"),
                ]
            },
        ]
        json["adapter"] = adapter
        return json
    }

    /// Writes a description into a folder.
    package static func write(_ json: [String: Any], to folder: URL) throws -> URL {
        let url = folder.appending(path: "model.json")
        try JSONSerialization.data(withJSONObject: json).write(to: url)
        return url
    }

    /// Runs `body` with a model of small recorded networks, and the home that it was loaded from.
    package static func withModel<R>(
        _ networks: [String] = ["dino", "clip"], _ body: (PerceptualModel, URL) async throws -> R
    ) async throws -> R {
        try await Fixtures.withTemporaryFolderAsync { home in
            let description = try write(json(networks), to: home)
            return try await body(PerceptualModel.load(description.path, options: options(home: home)), home)
        }
    }

    /// Options with a home of the test's own and without the network.
    package static func options(home: URL, isNormalized: Bool = true) -> PerceptualModel.LoadingOptions {
        var store = ModelStore.Configuration(home: home)
        store.isOffline = true
        return PerceptualModel.LoadingOptions(
            store: store, preprocessing: Preprocessing(side: 64), isNormalized: isNormalized)
    }

    /// An image with some structure.
    package static func image(_ seed: UInt64, width: Int = 90, height: Int = 70) -> Image {
        var generator = SeededGenerator(state: seed)
        let (a, b, c) = (Int.random(in: 1...9, using: &generator), Int.random(in: 1...9, using: &generator), seed)
        let pixels = (0..<(width * height)).flatMap { i -> [UInt8] in
            let (x, y) = (i % width, i / width)
            return [UInt8(x * a % 256), UInt8(y * b % 256), UInt8((x * y + Int(c)) % 256)]
        }
        return Image(width: width, height: height, pixels: pixels)
    }
}
