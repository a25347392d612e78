import DreamSim
import DreamSimSupport
import Foundation

@testable import DreamSimCore
@testable import DreamSimNetworks
@testable import DreamSimTraining

/// What is described in JSON.
extension Target {
    static let modelDescription = Target("model-description") { bytes in
        _ = try ModelDescription(contentsOf: ScratchFile.write(bytes))
    }

    static let mergedModel = Target("merged-model") { bytes in
        let merged = try MergedModel(contentsOf: ScratchFile.write(safetensorsFile(bytes)), checkedBy: nil)
        for (part, weights) in Swift.zip(merged.header.parts, merged.weights) {
            _ = try PartNetwork(part, weights: weights)
        }
    }

    static let head = Target("head") { bytes in
        _ = try EmbeddingHead.read(ScratchFile.write(safetensorsFile(bytes)))
    }

    static let profile = Target("profile") { bytes in
        let profile = try MetricProfile(contentsOf: ScratchFile.write(bytes), of: identity)
        _ = profile.explanation(of: 0.5)
        _ = profile.kinds?.kind(of: 0.5)
        for distribution in (profile.kinds?.distributions.values).map(Array.init) ?? [] {
            _ = distribution.quantile(0.5)
        }
    }

    static let adapter = Target("adapter") { bytes in
        _ = try AdapterConfiguration(contentsOf: ScratchFile.write(bytes, name: "adapter_config.json"))
    }
}
