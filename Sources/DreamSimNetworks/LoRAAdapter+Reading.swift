import DreamSimCheckpoints
import Foundation

extension LoRAAdapter {
    /// Pairs the halves of an adapter's file.
    static func updates(in checkpoint: Checkpoint, rank: Int) throws -> [Int: [String: Update]] {
        let path = checkpoint.url.path
        func fault(_ key: String, _ reason: String) -> DreamSimError {
            DreamSimError(.badAdapter, path, key: key, reason)
        }
        var halves: [Int: [String: [String: Tensor]]] = [:]
        for key in checkpoint.names {
            let name = try AdapterKey(key, path: path)
            let tensor = try checkpoint.tensor(key)
            guard tensor.shape.rank == 2 else {
                throw fault(key, "has shape \(tensor.shape), expected a matrix")
            }
            let own = name.half == "A" ? tensor.shape[0] : tensor.shape[1]
            guard own == rank else {
                throw fault(key, "has shape \(tensor.shape), which is not of the configured rank r = \(rank)")
            }
            guard tensor.isFinite else {
                throw fault(key, "holds NaN or infinite values")
            }
            halves[name.backbone, default: [:]][name.layer, default: [:]][name.half] = tensor
        }
        guard !halves.isEmpty else {
            throw DreamSimError(.badAdapter, path, "holds no weights")
        }
        return try halves.mapValues { layers in
            var updates: [String: Update] = [:]
            for (layer, pair) in layers {
                guard let down = pair["A"], let up = pair["B"] else {
                    throw fault(layer, "has only one of its two halves, lora_A and lora_B")
                }
                updates[layer] = Update(down: down, up: up)
            }
            return updates
        }
    }
}

/// A name in an adapter's file, taken apart:
/// `base_model.model.extractor_list.{backbone}.model.{layer}.lora_{half}.weight`.
private struct AdapterKey {
    let backbone: Int
    let layer: String
    let half: String

    init(_ key: String, path: String) throws(DreamSimError) {
        let prefix = "base_model.model."
        if key.hasPrefix(prefix + prefix) {
            throw DreamSimError(
                .badAdapter, path, key: key,
                "is an adapter of the v0.1 release, which works differently; "
                    + "fetch the v0.2 release of the same model instead")
        }
        guard key.hasPrefix(prefix), let mark = key.range(of: ".lora_", options: .backwards) else {
            throw DreamSimError(
                .badAdapter, path, key: key, "is not a LoRA weight as PEFT names them (…lora_A.weight)")
        }
        let tail = key[mark.upperBound...]
        guard tail == "A.weight" || tail == "B.weight" else {
            throw DreamSimError(
                .badAdapter, path, key: key,
                "is of a kind of adapter that is not supported; only linear layers' lora_A and lora_B are")
        }
        half = String(tail.prefix(1))
        let parts = key[..<mark.lowerBound].dropFirst(prefix.count).split(separator: ".")
        if parts.count > 3, parts[0] == "extractor_list", let index = Int(parts[1]), parts[2] == "model" {
            backbone = index
            layer = parts[3...].joined(separator: ".")
        } else {
            // An adapter that was made for a bare transformer.
            backbone = 0
            layer = parts.joined(separator: ".")
        }
    }
}

/// What is needed of `adapter_config.json`. Whatever would change the result and is not supported is refused.
struct AdapterConfiguration {
    let rank: Int
    let scale: Float

    init(contentsOf url: URL) throws {
        let path = url.path
        func fault(_ key: String?, _ reason: String) -> DreamSimError {
            DreamSimError(.badAdapter, path, key: key, reason)
        }
        let data: Data
        do { data = try RegularFile.read(url, byteLimit: 1 << 20) } catch {
            throw fault(nil, "cannot be read; an adapter folder needs it: \(error.plainReason)")
        }
        guard let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { throw fault(nil, "is not a JSON object") }

        let kind = json["peft_type"] as? String ?? "absent"
        guard kind == "LORA" else {
            throw fault("peft_type", "is \(kind); only LORA is supported")
        }
        if json["use_dora"] as? Bool == true {
            throw fault("use_dora", "DoRA adapters are not supported; merge it with PEFT and save the whole model")
        }
        if json["fan_in_fan_out"] as? Bool == true {
            throw fault("fan_in_fan_out", "is true, which is not supported")
        }
        for key in ["rank_pattern", "alpha_pattern"] where !((json[key] as? [String: Any])?.isEmpty ?? true) {
            throw fault(key, "gives some layers another value, which is not supported")
        }
        if let bias = json["bias"] as? String, bias != "none" {
            throw fault("bias", "is '\(bias)'; only 'none' is supported")
        }
        if let saved = json["modules_to_save"] as? [Any], !saved.isEmpty {
            throw fault("modules_to_save", "whole modules in an adapter are not supported")
        }
        guard let rank = (json["r"] as? NSNumber)?.doubleValue, rank == rank.rounded(), (1...4096).contains(rank)
        else {
            throw fault("r", "is \(json["r"] ?? "absent"), expected a whole number from 1 to 4096")
        }
        guard let alpha = (json["lora_alpha"] as? NSNumber)?.doubleValue, alpha.isFinite else {
            throw fault("lora_alpha", "is \(json["lora_alpha"] ?? "absent"), expected a finite number")
        }
        self.rank = Int(rank)
        let stabilized = json["use_rslora"] as? Bool == true
        scale = Float(alpha / (stabilized ? rank.squareRoot() : rank))
    }
}
