package import Networks
package import Tensors

/// The embeddings of a batch with what their backward pass needs. Not for sharing between threads.
package final class EmbeddingRecording {
    private let model: PerceptualModel
    private let recordings: [Recording]
    /// [N, width], before normalisation.
    private let joined: Tensor
    /// [N, width].
    package let embeddings: Tensor

    /// Embeds a batch.
    /// - Parameters:
    ///   - batch: [N, 3, side, side] in [0, 1].
    ///   - tunings: a low-rank update beside the weights of each network; empty for none.
    ///   - firstImage: as in `Recording`.
    ///   - recomputes: as in `Recording`.
    ///   - onlyUpdates: whether no gradients but those of the updates will be asked for; what lies below the lowest of
    ///     them is then not recorded.
    package init(
        _ model: PerceptualModel, _ batch: Tensor, tunings: [LoRATuning] = [], firstImage: Int = 0,
        recomputes: Bool = false, onlyUpdates: Bool = false
    ) {
        self.model = model
        recordings = zip(model.networks, model.description.transformers).enumerated().map { index, pair in
            Recording(
                pair.0, pair.1.feature, of: batch, centringTokens: model.stamp.isNormalized,
                tuning: tunings.isEmpty ? nil : tunings[index], firstImage: firstImage, recomputes: recomputes,
                firstBlock: onlyUpdates && !tunings.isEmpty ? tunings[index].lowestBlock ?? 0 : 0)
        }
        joined = Self.join(recordings.map(\.features))
        var embeddings = joined
        if model.normalizesEmbeddings {
            let (count, width) = (joined.shape[0], joined.shape[1])
            embeddings.withUnsafeMutableBufferPointer { values in
                for n in 0..<count { PerceptualModel.normalize(values.extracting((n * width)..<((n + 1) * width))) }
            }
        }
        self.embeddings = embeddings
    }

    /// Features side by side: [N, width].
    private static func join(_ features: [Tensor]) -> Tensor {
        let rows = features.map(\.rows)
        let (count, width) = (rows[0].count, features.reduce(0) { $0 + $1.shape[1] })
        return Tensor((0..<count).flatMap { n in rows.flatMap { $0[n] } }, shape: [count, width])
    }

    /// Goes back from the gradient of the embeddings.
    /// - Parameters:
    ///   - dEmbeddings: [N, width].
    ///   - wanted: which gradients to find.
    ///   - sums: for each network, where the gradients of weights and factors are added.
    /// - Returns: the gradient of the batch when that is wanted.
    @discardableResult
    package func backward(
        _ dEmbeddings: [[Double]], wanting wanted: Recording.Wanted, into sums: [WeightGradients]
    ) -> Tensor? {
        let (values, width) = (joined.values, joined.shape[1])
        let dJoined = dEmbeddings.enumerated().map { n, gradient in
            model.normalizesEmbeddings
                ? UnitVector.backward(gradient, at: values[(n * width)..<((n + 1) * width)]) : gradient
        }
        let weights = model.backwardWeights
        var offset = 0
        var result: Tensor?
        for (index, recording) in recordings.enumerated() {
            let features = recording.features.shape[1]
            let part = dJoined.flatMap { $0[offset..<(offset + features)].map { Float($0) } }
            offset += features
            let gradient = recording.backward(
                Tensor(part, shape: recording.features.shape), through: weights[index], wanting: wanted,
                into: sums[index])
            guard let gradient else { continue }
            guard var sum = result else {
                result = gradient
                continue
            }
            result = nil
            sum.withUnsafeMutableBufferPointer { sum in
                gradient.withUnsafeBufferPointer { for i in sum.indices { sum[i] += $0[i] } }
            }
            result = sum
        }
        return result
    }
}
