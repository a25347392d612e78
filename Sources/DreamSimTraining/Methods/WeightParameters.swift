import DreamSimNetworks

/// Every weight of a model's transformers. Those that what is read does not depend on, such as a last block of which
/// nothing is read, have no gradient and stay as they are.
struct WeightParameters: TunedParameters {
    let model: PerceptualModel
    let recomputesBlocks: Bool

    func initial() -> [String: Tensor] { model.transformerWeights }

    func pass(with tensors: [String: Tensor], step: Int?) -> any TuningPass {
        Pass(model.replacing(tensors), recomputes: recomputesBlocks || step == nil)
    }

    func result(of tensors: [String: Tensor]) -> TuningResult { .model(model.tuned(tensors)) }

    /// Through networks of the weights as they are, which are arranged for products once a pass.
    private final class Pass: TuningPass {
        private let model: PerceptualModel
        private let recomputes: Bool
        private let sums: [WeightGradients]
        private var recording: EmbeddingRecording?

        init(_ model: PerceptualModel, recomputes: Bool) {
            self.model = model
            self.recomputes = recomputes
            sums = model.networks.map { _ in WeightGradients() }
        }

        var gradients: [String: Tensor] { PerceptualModel.named(sums.map(\.tensors)) }

        func embed(_ input: TripletInput, _ range: Range<Int>) -> [[Float]] {
            // Two recordings at once would take twice the memory.
            recording = nil
            let made = EmbeddingRecording(model, input.entry(range), recomputes: recomputes)
            recording = made
            return made.embeddings.rows
        }

        func backward(_ dEmbeddings: [[Double]]) {
            recording?.backward(dEmbeddings, wanting: .weights, into: sums)
        }
    }
}
