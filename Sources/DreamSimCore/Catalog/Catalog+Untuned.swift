import DreamSimNetworks

extension Catalog {
    /// The backbones as their authors trained them, which the paper compares with. Their names end in `-untuned`.
    static let untuned: [ModelDescription] = [
        dino("dino_vits8", folder: "dino_deitsmall8_pretrain"),
        dino("dino_vits16", folder: "dino_deitsmall16_pretrain"),
        dino("dino_vitb8", folder: "dino_vitbase8_pretrain"),
        dino("dino_vitb16", folder: "dino_vitbase16_pretrain"),
        dinov2("dinov2_vits14"), dinov2("dinov2_vitb14"), dinov2("dinov2_vitl14"),
        dinov2("dinov2_vits14_reg4"), dinov2("dinov2_vitb14_reg4"), dinov2("dinov2_vitl14_reg4"),
        released("clip_vitb16", in: "ensemble", tag: "v0.2.0"),
        released("clip_vitb32", in: "clip_vitb32", tag: "v0.2.0"),
        early("clip_vitl14"),
        released("open_clip_vitb16", in: "ensemble", tag: "v0.2.0"),
        released("open_clip_vitb32", in: "open_clip_vitb32", tag: "v0.2.0"),
        early("open_clip_vitl14"),
        mae("mae_vitb16", file: "base"), mae("mae_vitl16", file: "large"), mae("mae_vith14", file: "huge"),
        released("synclr_vitb16", in: "synclr_vitb16", tag: "v0.2.1"),
        dinov3("dinov3_vits16"), dinov3("dinov3_vitb16"), dinov3("dinov3_vitl16"),
        hub("siglip2_vitb16", "google/siglip2-base-patch16-224", license: "Apache 2.0"),
        hub("siglip2_vitl16", "google/siglip2-large-patch16-256", license: "Apache 2.0", side: 256),
        hub("pe_core_vitb16", "timm/vit_pe_core_base_patch16_224.fb", license: "Apache 2.0"),
        hub("pe_core_vitl14", "timm/vit_pe_core_large_patch14_336.fb", license: "Apache 2.0", side: 336),
    ]

    /// A model of Hugging Face's hub.
    /// - Parameters:
    ///   - side: of the images that it was trained on.
    ///   - remark: what should be known before.
    private static func hub(
        _ name: String, _ repository: String, license: String, side: Int = 224, remark: String? = nil
    ) -> ModelDescription {
        let backbone = backbone(name)
        var network = backbone.configuration
        network.positionGrid = side / backbone.patchSize
        let path = "\(name)/model.safetensors"
        let (size, patch) = (backbone.size.rawValue.uppercased(), backbone.patchSize)
        return ModelDescription(
            name: name + "-untuned", summary: "\(backbone.family.title) ViT-\(size)/\(patch) as published",
            parts: [
                ModelDescription.Part(
                    name: name, configuration: network, feature: Feature(.pooled), files: [.init(path)])
            ],
            sources: [
                WeightSource(
                    location: .https(url("https://huggingface.co/\(repository)/resolve/main/model.safetensors")),
                    packaging: .plain, items: [WeightSource.Item(member: nil, path: path)], license: license,
                    page: "https://huggingface.co/\(repository)")
            ], license: license,
            remarks: [remark, side == 224 ? nil : "trained at \(side) x \(side) pixels"].compactMap { $0 })
    }

    private static func dinov3(_ name: String) -> ModelDescription {
        let repository = "facebook/\(name.replacing("_", with: "-"))-pretrain-lvd1689m"
        return hub(
            name, repository, license: "DINOv3 License",
            remark:
                "gated: accept the license on https://huggingface.co/\(repository), fetch model.safetensors there, and put "
                + "it into the weights folder as \(name)/model.safetensors")
    }

    private static func untuned(_ name: String, files: [String]? = nil, source: WeightSource) -> ModelDescription {
        let backbone = backbone(name)
        let feature = Feature(backbone.configuration.projectionWidth == nil ? .cls : .embedding)
        let standard = part(backbone, feature)
        let (size, patch) = (backbone.size.rawValue.uppercased(), backbone.patchSize)
        return ModelDescription(
            name: name + "-untuned", summary: "\(backbone.family.title) ViT-\(size)/\(patch) as published",
            parts: [
                ModelDescription.Part(
                    name: name, configuration: backbone.configuration, feature: feature,
                    files: files.map { $0.map { .init($0) } } ?? standard.files)
            ],
            sources: [source], license: source.license)
    }

    private static func dino(_ name: String, folder: String) -> ModelDescription {
        let path = "checkpoints/\(folder).pth"
        return untuned(
            name, files: name == "dino_vitb16" ? nil : [path], source: dinoSource(path: path, folder: folder))
    }

    private static func dinov2(_ name: String) -> ModelDescription {
        let path = "\(name)_pretrain.pth"
        // The authors' folder has the plain name, also for the variants with registers.
        let folder = name.replacing("_reg4", with: "")
        return untuned(
            name,
            source: WeightSource(
                location: .https(url("https://dl.fbaipublicfiles.com/dinov2/\(folder)/\(path)")), packaging: .plain,
                items: [WeightSource.Item(member: nil, path: path)], license: "Apache 2.0",
                page: "https://github.com/facebookresearch/dinov2"))
    }

    private static func released(_ name: String, in model: String, tag: String) -> ModelDescription {
        let path = releasedFile(name)
        return untuned(
            name, source: release(model, tag: tag, items: [WeightSource.Item(member: path, path: path)]))
    }

    /// The large CLIP models, which only DreamSim's first release holds.
    private static func early(_ name: String) -> ModelDescription {
        let path = releasedFile(name)
        return untuned(
            name,
            source: WeightSource(
                location: .https(
                    url(
                        "https://github.com/ssundaram21/dreamsim/releases/download/v0.1.0/\(name)_pretrain.pth.tar")),
                packaging: .plain, items: [WeightSource.Item(member: nil, path: path)], license: "MIT",
                page: "https://github.com/ssundaram21/dreamsim/releases/tag/v0.1.0"))
    }

    private static func mae(_ name: String, file: String) -> ModelDescription {
        let path = "\(name)_pretrain.pth"
        return untuned(
            name,
            source: WeightSource(
                location: .https(url("https://dl.fbaipublicfiles.com/mae/pretrain/mae_pretrain_vit_\(file).pth")),
                packaging: .plain, items: [WeightSource.Item(member: nil, path: path)], license: "CC BY-NC 4.0",
                page: "https://github.com/facebookresearch/mae"))
    }
}
