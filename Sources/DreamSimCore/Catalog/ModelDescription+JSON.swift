public import DreamSimNetworks
public import Foundation

extension ModelDescription {
    /// Reads the description of a user's own model.
    ///
    /// ```json
    /// {
    ///   "name": "mine",
    ///   "backbones": [
    ///     { "architecture": "dinov2_vits14", "weights": "backbone.pth", "feature": "cls" }
    ///   ],
    ///   "adapter": "my_lora"
    /// }
    /// ```
    ///
    /// `architecture` is a backbone's name, or an object with every field of `VisionTransformerConfiguration`.
    /// `prefix` (what stands before the names of the weights), `adapter` (a PEFT folder), `summary` and `license` may be
    /// left out. Paths are relative to the description.
    /// - Throws: `DreamSimError` with `.badDescription`, naming the key.
    public init(contentsOf url: URL) throws(DreamSimError) {
        func fault(_ reason: String) -> DreamSimError { DreamSimError(.badDescription, url.path, reason) }
        let file: OwnModel
        do {
            file = try JSONDecoder().decode(OwnModel.self, from: RegularFile.read(url, byteLimit: 1 << 20))
        } catch let error as DecodingError {
            throw fault("is not a description of a model: \(error.plainReason)")
        } catch {
            throw fault("cannot be read: \(error.plainReason)")
        }
        guard !file.backbones.isEmpty else { throw fault("'backbones' is empty") }
        let folder = url.absoluteURL.deletingLastPathComponent()
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") ? path : folder.appending(path: path).standardizedFileURL.path
        }
        var parts: [Part] = []
        for (index, entry) in file.backbones.enumerated() {
            let configuration: VisionTransformerConfiguration
            let name: String
            switch entry.architecture {
            case .named(let architecture):
                guard let backbone = Backbone(name: architecture) else {
                    throw fault(
                        "backbones[\(index)].architecture: '\(architecture)' is not a backbone; "
                            + "one is named like dino_vitb16, open_clip_vitl14 or dinov2_vits14_reg4")
                }
                (configuration, name) = (backbone.configuration, architecture)
            case .explicit(let explicit):
                if let wrong = explicit.fault {
                    throw fault("backbones[\(index)].architecture.\(wrong.key): \(wrong.reason)")
                }
                (configuration, name) = (explicit, "backbone\(index)")
            }
            guard entry.feature.width(in: configuration) != nil else {
                throw fault("backbones[\(index)].feature: '\(entry.feature.name)' does not exist in \(name)")
            }
            parts.append(
                Part(
                    name: name, configuration: configuration, feature: entry.feature,
                    files: [File(absolute(entry.weights), prefix: entry.prefix)]))
        }
        self.init(
            name: file.name, summary: file.summary ?? "described by \(url.lastPathComponent)", parts: parts,
            adapter: file.adapter.map(absolute), sources: [], license: file.license ?? "not stated")
        // A mixture has no meaning: normalization happens either on tokens or on the whole embedding.
        guard Set(transformers.map { $0.feature.kind == .clsPatch }).count == 1 else {
            throw fault("'cls_patch' cannot be mixed with other features")
        }
    }
}

/// The file format of a user's own model.
private struct OwnModel: Decodable {
    var name: String
    var summary: String?
    var license: String?
    var backbones: [OwnBackbone]
    var adapter: String?
}

private struct OwnBackbone: Decodable {
    enum Architecture: Decodable {
        case named(String)
        case explicit(VisionTransformerConfiguration)

        init(from decoder: any Decoder) throws {
            if let name = try? decoder.singleValueContainer().decode(String.self) {
                self = .named(name)
            } else {
                self = .explicit(try VisionTransformerConfiguration(from: decoder))
            }
        }
    }

    var architecture: Architecture
    var weights: String
    var prefix: String?
    var feature: Feature
}
