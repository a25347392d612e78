import DreamSimNetworks
import Foundation

extension Catalog {
    /// The models that DreamSim's authors publish: arXiv 2306.09344 and 2410.10817, and the README of their repository
    /// for the agreement with people.
    static let official: [ModelDescription] = [
        official(
            "ensemble", "DreamSim: DINO, CLIP and OpenCLIP ViT-B/16, tuned together", adapter: "ensemble_lora",
            [("dino_vitb16", .cls), ("clip_vitb16", .embedding), ("open_clip_vitb16", .embedding)],
            tag: "v0.2.0", bytes: 1_261_181_618, agreement: (96.9, 96.2)),
        official(
            "dino_vitb16", "DINO ViT-B/16, tuned", adapter: "dino_vitb16_single_lora", [("dino_vitb16", .cls)],
            tag: "v0.2.0", agreement: (95.6, 94.8)),
        official(
            "open_clip_vitb32", "OpenCLIP ViT-B/32, tuned", adapter: "open_clip_vitb32_single_lora",
            [("open_clip_vitb32", .embedding)], tag: "v0.2.0", agreement: (95.6, 95.3)),
        official(
            "clip_vitb32", "CLIP ViT-B/32, tuned", adapter: "clip_vitb32_single_lora", [("clip_vitb32", .embedding)],
            tag: "v0.2.0", agreement: (94.9, 93.6)),
        official(
            "dinov2_vitb14", "DINOv2 ViT-B/14, tuned", adapter: "dinov2_vitb14_single_lora", [("dinov2_vitb14", .cls)],
            tag: "v0.2.1", agreement: (94.9, 95.0)),
        official(
            "synclr_vitb16", "SynCLR ViT-B/16, tuned", adapter: "synclr_vitb16_single_lora", [("synclr_vitb16", .cls)],
            tag: "v0.2.1", agreement: (96.0, 95.9)),
        official(
            "dino_vitb16_patch", "DINO ViT-B/16, tuned on class and patch tokens", adapter: "dino_vitb16_patch_lora",
            [("dino_vitb16", .clsPatch)], tag: "v0.2.1", agreement: (94.9, 94.8)),
        official(
            "dinov2_vitb14_patch", "DINOv2 ViT-B/14, tuned on class and patch tokens",
            adapter: "dinov2_vitb14_patch_lora", [("dinov2_vitb14", .clsPatch)], tag: "v0.2.1",
            agreement: (95.5, 95.1)),
    ]

    private static func official(
        _ name: String, _ summary: String, adapter: String, _ backbones: [(String, Feature.Kind)], tag: String,
        bytes: Int? = nil, agreement: (Double, Double)
    ) -> ModelDescription {
        let parts = backbones.map { part(backbone($0.0), Feature($0.1)) }
        let weights = LoRAAdapter.weightFiles.map { adapter + "/" + $0 }
        var items = [
            WeightSource.Item(
                member: adapter + "/" + LoRAAdapter.configurationFile,
                path: adapter + "/" + LoRAAdapter.configurationFile),
            WeightSource.Item(
                member: weights[0], path: weights[0],
                alternatives: [WeightSource.Item(member: weights[1], path: weights[1])]),
        ]
        var sources: [WeightSource] = []
        for (backbone, _) in backbones {
            if backbone == "dino_vitb16" {
                // The release's own DINO file is a full training checkpoint; the reference too takes the network from
                // DINO's authors.
                sources.append(dinoSource(path: dinoFile, folder: "dino_vitbase16_pretrain"))
            } else {
                let path = releasedFile(backbone)
                items.append(WeightSource.Item(member: path, path: path))
            }
        }
        return ModelDescription(
            name: name, summary: summary, parts: parts, adapter: adapter,
            sources: [release(name, tag: tag, items: items, bytes: bytes)] + sources,
            license: "MIT (DreamSim); the backbones' own licenses apply as well",
            agreement: ModelDescription.Agreement(validation: agreement.0, test: agreement.1), seen: .nightsTraining)
    }

    /// A backbone by a name that is known to be one.
    static func backbone(_ name: String) -> Backbone {
        guard let backbone = Backbone(name: name) else { preconditionFailure("no backbone '\(name)'") }
        return backbone
    }

    /// A part with the file names of the releases.
    static func part(_ backbone: Backbone, _ feature: Feature) -> ModelDescription.Part {
        let files: [ModelDescription.File] =
            backbone.name == "dino_vitb16"
            ? [.init(dinoFile), .init("dino_vitb16_pretrain.pth", prefix: "teacher.backbone.")]
            : [.init(releasedFile(backbone.name))]
        return ModelDescription.Part(
            name: backbone.name, configuration: backbone.configuration, feature: feature, files: files)
    }

    /// A zip file of DreamSim's releases.
    static func release(
        _ model: String, tag: String, items: [WeightSource.Item], bytes: Int? = nil
    ) -> WeightSource {
        let file = "dreamsim_\(model)_checkpoint.zip"
        return WeightSource(
            location: .https(
                url("https://github.com/ssundaram21/dreamsim/releases/download/\(tag)-checkpoints/\(file)")),
            packaging: .zip, items: items, byteCount: bytes, license: "MIT",
            page: "https://github.com/ssundaram21/dreamsim/releases/tag/\(tag)-checkpoints")
    }

    /// A file that DINO's authors publish (Apache 2.0).
    static func dinoSource(path: String, folder: String) -> WeightSource {
        WeightSource(
            location: .https(url("https://dl.fbaipublicfiles.com/dino/\(folder)/\(folder).pth")), packaging: .plain,
            items: [WeightSource.Item(member: nil, path: path)], license: "Apache 2.0",
            page: "https://github.com/facebookresearch/dino")
    }

    /// Where the reference's package keeps DINO ViT-B/16.
    static let dinoFile = "checkpoints/dino_vitbase16_pretrain.pth"

    /// The name of a backbone's file in DreamSim's releases.
    static func releasedFile(_ backbone: String) -> String {
        switch backbone {
        case "synclr_vitb16": "synclr_vit_b_16.pth"
        case "dinov2_vitb14": "dinov2_vitb14_pretrain.pth"
        case "clip_vitl14": "clipl14_as_dino_vitl.pth.tar"
        case "open_clip_vitl14": "open_clipl14_as_dino_vitl.pth.tar"
        case let name where name.contains("clip"): "\(name)_pretrain.pth.tar"
        default: "\(backbone)_pretrain.pth"
        }
    }

    static func url(_ text: String) -> URL {
        guard let url = URL(string: text) else { preconditionFailure("not a URL: \(text)") }
        return url
    }
}
