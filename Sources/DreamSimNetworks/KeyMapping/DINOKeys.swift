extension KeyConvention {
    /// DINO, DINOv2, MAE and SynCLR as their authors release them, CLIP and OpenCLIP as DreamSim does: the canonical
    /// names.
    static let dino = KeyConvention(
        name: "DINO",
        anchor: "blocks.0.norm1.weight",
        recipe: { .copy($0.full) },
        isForeign: { name in
            // DINOv2's and MAE's stand-in for hidden patches, MAE's decoder, a classification head.
            name == "mask_token" || name.hasPrefix("decoder_") || name.hasPrefix("head.")
        })
}
