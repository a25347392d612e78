package import Foundation

/// The `config.json` beside a model's weights, as Hugging Face's transformers and timm write it.
package struct PretrainedConfiguration {
    /// Where it was read.
    package let path: String
    private let values: [String: Any]

    /// Reads a file.
    /// - Throws: `DreamSimError` with `.badConfiguration`.
    package init(contentsOf url: URL) throws(DreamSimError) {
        func fault(_ reason: String) -> DreamSimError { DreamSimError(.badConfiguration, url.path, reason) }
        let data: Data
        do { data = try RegularFile.read(url, byteLimit: 1 << 20) } catch {
            throw fault("cannot be read: \(error.plainReason)")
        }
        guard let values = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw fault("is not a JSON object")
        }
        self.init(path: url.path, values: values)
    }

    private init(path: String, values: [String: Any]) { (self.path, self.values) = (path, values) }

    /// An object inside, such as `vision_config`; this one where there is none.
    func section(_ key: String) -> PretrainedConfiguration {
        (values[key] as? [String: Any]).map { PretrainedConfiguration(path: path, values: $0) } ?? self
    }

    /// Whether there is a value, and it is not null.
    func has(_ key: String) -> Bool { values[key].map { !($0 is NSNull) } ?? false }

    /// What the file is of: `model_type` of transformers.
    var modelType: String? { values["model_type"] as? String }
    /// `architecture` of timm, without the name of the weights after a dot.
    var architecture: String? { (values["architecture"] as? String)?.split(separator: ".").first.map(String.init) }

    /// The size that timm's name of the architecture tells, such as `base` in `vit_base_patch16_siglip_224`.
    func size(among sizes: [Backbone.Size]) throws(DreamSimError) -> Backbone.Size {
        let words = (architecture ?? "").split(separator: "_").map(String.init)
        guard let size = sizes.first(where: { words.contains("\($0)") }) else {
            throw fault(
                "architecture",
                "'\(architecture ?? "")' is of a size that is not known; \(sizes.map { "\($0)" }.joined(separator: ", ")) are"
            )
        }
        return size
    }

    func integer(_ key: String, _ standard: Int) throws(DreamSimError) -> Int {
        guard has(key) else { return standard }
        // Some sizes are written for both sides.
        let value =
            (values[key] as? [Any]).flatMap { Set($0.map { "\($0)" }).count == 1 ? $0.first : nil } ?? values[key]
        guard let number = value as? NSNumber, let integer = Int(exactly: number.doubleValue) else {
            throw fault(key, "is not a whole number")
        }
        return integer
    }

    func number(_ key: String, _ standard: Double) throws(DreamSimError) -> Double {
        guard has(key) else { return standard }
        guard let number = values[key] as? NSNumber, number.doubleValue.isFinite else {
            throw fault(key, "is no number")
        }
        return number.doubleValue
    }

    func flag(_ key: String, _ standard: Bool) -> Bool { values[key] as? Bool ?? standard }

    func text(_ key: String, _ standard: String) -> String { values[key] as? String ?? standard }

    func numbers(_ key: String) -> [Float]? { (values[key] as? [NSNumber])?.map(\.floatValue) }

    /// An activation as transformers names it.
    func activation(_ key: String, _ standard: String) throws(DreamSimError) -> Activation {
        switch text(key, standard) {
        case "gelu": return .gelu
        case "quick_gelu": return .quickGELU
        case "gelu_pytorch_tanh", "gelu_new": return .tanhGELU
        case "silu", "swish": return .silu
        default: throw fault(key, "'\(text(key, standard))' is no activation that is known")
        }
    }

    func fault(_ key: String, _ reason: String) -> DreamSimError {
        DreamSimError(.badConfiguration, path, key: key, reason)
    }
}

extension PretrainedConfiguration {
    /// The architecture that the file describes.
    /// - Parameter preprocessor: `preprocessor_config.json` beside it, which has the colors' mean and standard deviation; nil
    ///   where there is none.
    /// - Throws: `DreamSimError` with `.badConfiguration` when it is of no known family, or describes no network.
    package func network(
        preprocessor: PretrainedConfiguration? = nil
    ) throws(DreamSimError) -> VisionTransformerConfiguration {
        var found: VisionTransformerConfiguration?
        for family in BackboneFamily.all where found == nil { found = try family.pretrained(self) }
        guard var network = found else {
            let kind = modelType ?? architecture
            throw DreamSimError(
                .badConfiguration, path, key: modelType == nil ? "architecture" : "model_type",
                kind.map { "'\($0)' is no transformer of a known family" } ?? "is not there")
        }
        let colors = preprocessor ?? section("pretrained_cfg")
        for (mean, deviation) in [("image_mean", "image_std"), ("mean", "std")] {
            if let mean = colors.numbers(mean), let deviation = colors.numbers(deviation) {
                (network.mean, network.standardDeviation) = (mean, deviation)
            }
        }
        if let fault = network.fault { throw self.fault(fault.key, fault.reason) }
        return network
    }

    /// Changes a transformer by what timm's `config.json` says, as arguments of the model or beside them.
    func apply(toTimm network: inout VisionTransformerConfiguration) throws(DreamSimError) {
        let arguments = section("model_args")
        network.width = try arguments.integer("embed_dim", network.width)
        network.depth = try arguments.integer("depth", network.depth)
        network.heads = try arguments.integer("num_heads", network.heads)
        network.patchSize = try arguments.integer("patch_size", network.patchSize)
        network.registers = try arguments.integer(
            "num_reg_tokens", try arguments.integer("reg_tokens", network.registers))
        // Colors, rows and columns that the weights were trained with.
        let trained = section("pretrained_cfg").numbers("input_size")?.last.flatMap { Int(exactly: $0) }
        let side = try arguments.integer("img_size", trained ?? network.positionGrid * network.patchSize)
        network.positionGrid = max(1, side / max(1, network.patchSize))
        network.positionOffset = 0
        if arguments.flag("no_embed_class", false) { network.positionedPrefix = 0 }
    }
}
