package import DreamSimNetworks

/// The embeddings of a batch with what their backward pass needs. Not for sharing between threads.
package final class EmbeddingRecording {
    private let model: PerceptualModel
    private let recordings: [Part]
    /// Features side by side, [N, width].
    private let joined: Tensor
    /// Through the model's head, where it has one.
    private let head: EmbeddingHead.Pass?
    /// [N, width], before normalization.
    private let raw: Tensor
    /// [N, width].
    package let embeddings: Tensor

    /// What was read through a part of the model.
    private enum Part {
        /// With the network's place among the model's transformers.
        case transformer(Recording, Int)
        /// With how images became what the network saw.
        case statistics(StatisticsRecording, LinearResampling?)

        /// [N, width of the part].
        var features: Tensor {
            switch self {
            case .transformer(let recording, _): recording.features
            case .statistics(let recording, _): recording.features
            }
        }
    }

    /// What is embedded.
    package enum Entry {
        /// [N, 3, side, side] in [0, 1].
        case images(Tensor)
        /// For each of the model's transformers [N, T, C], the tokens that enter the lowest block with an update.
        case tokens([Tensor])
    }

    /// Embeds a batch of images, [N, 3, side, side] in [0, 1].
    package convenience init(_ model: PerceptualModel, _ batch: Tensor) { self.init(model, .images(batch)) }

    /// Embeds a batch.
    /// - Parameters:
    ///   - entry: images; or tokens, and then `onlyUpdates`.
    ///   - tunings: a low-rank update beside the weights of each network; empty for none.
    ///   - firstImage: as in `Recording`.
    ///   - recomputes: as in `Recording`.
    ///   - onlyUpdates: whether no gradients but those of the updates will be asked for; what lies below the lowest of
    ///     them is then not recorded.
    package init(
        _ model: PerceptualModel, _ entry: Entry, tunings: [LoRATuning] = [], firstImage: Int = 0,
        recomputes: Bool = false, onlyUpdates: Bool = false
    ) {
        self.model = model
        let side = model.preprocessing.side
        var transformers = 0
        recordings = model.parts.map { part in
            switch part {
            case .transformer(let network, let feature):
                defer { transformers += 1 }
                let tuning = tunings.isEmpty ? nil : tunings[transformers]
                let own: Recording.Entry =
                    switch entry {
                    case .images(let batch): .images(batch)
                    case .tokens(let tokens): .tokens(tokens[transformers], network.grid(height: side, width: side))
                    }
                return .transformer(
                    Recording(
                        network, feature, of: own, centeringTokens: model.stamp.isNormalized, tuning: tuning,
                        firstImage: firstImage, recomputes: recomputes,
                        firstBlock: onlyUpdates ? tuning?.lowestBlock ?? 0 : 0), transformers)
            case .statistics(let network, let statistics):
                guard case .images(let batch) = entry else { preconditionFailure("a part that takes no tokens") }
                let thumbnails = statistics.thumbnails(of: batch)
                return .statistics(
                    StatisticsRecording(network, of: thumbnails?.forward(batch) ?? batch, at: statistics.taps),
                    thumbnails)
            }
        }
        joined = Self.join(recordings.map(\.features))
        let shared = model.description.hasShares ? Self.scaled(joined, model.vectorShares) : joined
        head = model.head?.forward(shared)
        raw = head?.output ?? shared
        var embeddings = raw
        if !model.description.hasShares && model.normalizesEmbeddings {
            let (count, width) = (raw.shape[0], raw.shape[1])
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

    /// Rows whose vectors are brought to their shares.
    private static func scaled(_ joined: Tensor, _ shares: [(Range<Int>, Double?)]) -> Tensor {
        var result = joined
        let (count, width) = (joined.shape[0], joined.shape[1])
        result.withUnsafeMutableBufferPointer { values in
            for n in 0..<count {
                let vector = values.extracting((n * width)..<((n + 1) * width))
                for (range, share) in shares {
                    if let share { PerceptualModel.scale(vector.extracting(range), [range.count], [share]) }
                }
            }
        }
        return result
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
        let dJoined = dJoined(dEmbeddings)
        let weights = model.backwardWeights
        var offset = 0
        var result: Tensor?
        for recording in recordings {
            let shape = recording.features.shape
            let part = dJoined.flatMap { $0[offset..<(offset + shape[1])].map { Float($0) } }
            offset += shape[1]
            let dFeatures = Tensor(part, shape: shape)
            let gradient: Tensor?
            switch recording {
            case .transformer(let recording, let index):
                gradient = recording.backward(
                    dFeatures, through: weights[index], wanting: wanted, into: sums[index])
            case .statistics(let recording, let thumbnails):
                let dSeen = wanted.contains(.images) ? recording.backward(dFeatures) : nil
                gradient = dSeen.map { thumbnails?.backward($0) ?? $0 }
            }
            guard let gradient else { continue }
            guard var sum = result else {
                result = gradient
                continue
            }
            result = nil
            sum.add(gradient)
            result = sum
        }
        return result
    }

    /// The gradient of the images, of their shape.
    /// - Parameter dEmbeddings: [N, width].
    package func imagesGradient(_ dEmbeddings: [[Double]]) -> Tensor {
        let sums = model.networks.map { _ in WeightGradients() }
        guard let gradient = backward(dEmbeddings, wanting: .images, into: sums) else {
            preconditionFailure("no gradient of the images")
        }
        return gradient
    }

    /// From the gradient of the embeddings to that of the features: back through normalization, head and shares.
    private func dJoined(_ dEmbeddings: [[Double]]) -> [[Double]] {
        let width = joined.shape[1]
        var rows = dEmbeddings
        if !model.description.hasShares && model.normalizesEmbeddings {
            let values = raw.values
            rows = rows.enumerated().map { UnitVector.backward($1, at: values[($0 * width)..<(($0 + 1) * width)]) }
        }
        if let head, let network = model.head {
            let dOutput = Tensor(rows.flatMap { $0.map { Float($0) } }, shape: joined.shape)
            rows = network.backward(dOutput, of: head).rows.map { $0.map(Double.init) }
        }
        guard model.description.hasShares else { return rows }
        let (values, shares) = (joined.rows, model.vectorShares)
        return rows.enumerated().map { n, row in
            shares.flatMap { range, share -> [Double] in
                let part = Array(row[range])
                return share.map { Self.backward(part, at: values[n][range], share: $0) } ?? part
            }
        }
    }

    /// The gradient of a vector, given that of the same brought to a squared norm; zeros for a vector of zeros.
    private static func backward(_ dOutput: [Double], at x: some Collection<Float>, share: Double) -> [Double] {
        let x = x.map(Double.init)
        let square = x.reduce(0) { $0 + $1 * $1 }
        guard square > 1e-30 else { return dOutput.map { _ in 0 } }
        let along = zip(dOutput, x).reduce(0) { $0 + $1.0 * $1.1 } / square
        let scale = (share / square).squareRoot()
        return zip(dOutput, x).map { scale * ($0 - $1 * along) }
    }
}

extension PerceptualModel {
    /// The vectors of an embedding before it is normalized, and the squared norm that each is brought to; nil for those
    /// that stay as they come.
    fileprivate var vectorShares: [(Range<Int>, Double?)] {
        var first = 0
        return description.parts.flatMap { part in
            part.extractor.widths.enumerated().map { index, width in
                defer { first += width }
                return (first..<(first + width), part.shares?[index])
            }
        }
    }
}
