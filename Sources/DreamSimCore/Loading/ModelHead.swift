import DreamSimNetworks
import Foundation

/// A head that was found to fit a model.
struct ModelHead {
    let file: URL
    let network: EmbeddingHead
    /// What the embeddings' stamp says of the weights: SHA-256 over the model's and the head's.
    let weights: String

    /// Reads the head that is asked for; nil when none is.
    /// - Parameters:
    ///   - name: of the model that it is to follow.
    ///   - parts: those of the model.
    ///   - hash: of the model's weights.
    /// - Throws: `DreamSimError` with `.badHead` or `.shapeMismatch` when it is broken or was made for another model;
    ///   `DreamSimError` with `.badSetting` when the model normalizes before the head; `DreamSimError`.
    init?(
        _ options: PerceptualModel.LoadingOptions, for name: String, parts: [ModelDescription.Part],
        weights hash: String
    ) throws {
        guard let url = options.head else { return nil }
        let (head, origin) = try EmbeddingHead.read(url)
        let model = ModelDescription(name: name, summary: "", parts: parts, sources: [], license: "")
        guard head.width == model.width else {
            let maker = origin.map { "; it was made for \($0.model)" } ?? ""
            throw DreamSimError(
                .shapeMismatch, url.path,
                "turns embeddings of \(head.width) components, but those of \(name) have \(model.width)\(maker)")
        }
        if let origin, origin.weights != hash {
            throw DreamSimError(
                .badHead, url.path,
                "was trained on \(origin.model) (weights \(origin.weights.prefix(12))), not on \(name) (weights "
                    + "\(hash.prefix(12))); a head serves no other weights than those")
        }
        guard !(model.poolsPatches && options.isNormalized) else {
            throw DreamSimError(
                .badSetting, name,
                "normalizes tokens before they are pooled, while its head has learnt from them as they are; load it "
                    + "without normalization")
        }
        file = url
        network = head
        weights = digest(of: [hash, try ModelStore(options.store).digest(of: url)])
    }
}
