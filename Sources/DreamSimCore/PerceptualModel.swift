public import DreamSimNetworks
import Synchronization

/// A metric that embeds images with one or more vision transformers and compares them by cosine, as DreamSim does.
/// Immutable, so that any number of threads may share it.
///
/// ```swift
/// let model = try await PerceptualModel.load("ensemble")
/// let distance = try model.distance(photo, edited)   // 0 is the same; lower is more alike
/// ```
public final class PerceptualModel: Sendable {
    /// What the model is made of.
    public let description: ModelDescription
    /// What its embeddings depend on.
    public let stamp: ModelStamp
    package let parts: [PartNetwork]
    /// What turns the joined features into the embedding; nil where they are it.
    package let head: EmbeddingHead?
    /// Whether it stands in for the default model, whose weights are not here: nobody asked for it by name.
    package let isStandIn: Bool
    private let packedForGradients = Mutex<[BackwardWeights]?>(nil)

    /// The networks of the parts that are vision transformers.
    package var networks: [VisionTransformer] { parts.compactMap(\.transformer) }

    package init(
        _ description: ModelDescription, parts: [PartNetwork], weightsHash: String,
        precision: Precision = .float32, calibration: String? = nil, preprocessing: Preprocessing, isNormalized: Bool,
        head: EmbeddingHead? = nil, isStandIn: Bool = false
    ) throws(DreamSimError) {
        for part in description.transformers {
            let patch = part.configuration.patchSize
            guard preprocessing.side > 0, preprocessing.side % patch == 0, preprocessing.side <= 4096 else {
                throw DreamSimError(
                    .badSetting, "side \(preprocessing.side)",
                    "must be a multiple of the patch size of \(part.name.replacing("_", with: "-")), \(patch), and at most 4096"
                )
            }
        }
        guard preprocessing.foreground == nil else {
            throw DreamSimError(
                .badSetting, "foreground",
                "is for comparing, embedding and indexing, and this works on whole images; leave it out")
        }
        self.description = description
        self.parts = parts
        self.head = head
        self.isStandIn = isStandIn
        self.stamp = ModelStamp(
            model: description.stampName, weights: weightsHash, precision: precision == .float32 ? nil : precision,
            calibration: calibration, preprocessing: preprocessing, isNormalized: isNormalized)
    }

    /// The networks' weights arranged for backward passes; made at the first call.
    package var backwardWeights: [BackwardWeights] {
        packedForGradients.withLock { packed in
            if let packed { return packed }
            let made = networks.map { BackwardWeights($0) }
            packed = made
            return made
        }
    }

    /// Whether whole embeddings are normalized, and not the tokens before they are pooled.
    var normalizesEmbeddings: Bool { stamp.isNormalized && !description.poolsPatches }

    /// The number of components of an embedding.
    public var width: Int { description.width }

    /// Embeds images that `Preprocessing.applied(to:)` has prepared already.
    public func embed(preprocessed images: [Image]) -> [Embedding] { embed(preprocessed: images) {} }

    /// Embeds images.
    /// - Parameter step: called before each network.
    /// - Throws: what `step` throws.
    func embed(preprocessed images: [Image], _ step: () throws -> Void) rethrows -> [Embedding] {
        guard !images.isEmpty else { return [] }
        let batch = preprocessing.batch(images)
        return try embeddings(count: images.count) { index in
            try step()
            return features(index, of: batch)
        }
    }

    /// Describes a batch: [N, 3, side, side] in [0, 1] to [N, width].
    package func embed(batch: Tensor) -> Tensor {
        joined(count: batch.shape[0]) { features($0, of: batch) }
    }

    /// What is read from one of the networks: [N, width of its feature].
    private func features(_ index: Int, of batch: Tensor) -> Tensor {
        parts[index].features(of: batch, centeringTokens: stamp.isNormalized)
    }

    /// Embeddings from what is read from each network, [N, width of its feature].
    func embeddings(count: Int, features: (Int) throws -> Tensor) rethrows -> [Embedding] {
        let vectors = try joined(count: count, features: features).values
        return (0..<count).map { n in
            Embedding(values: Array(vectors[(n * width)..<((n + 1) * width)]), stamp: stamp)
        }
    }

    /// Features side by side, [N, width], taken through the head and normalized as the model does.
    private func joined(count: Int, features: (Int) throws -> Tensor) rethrows -> Tensor {
        var result = Tensor(zeros: [count, width])
        var offset = 0
        for index in parts.indices {
            let features = try features(index)
            let featureWidth = features.shape[1]
            features.withUnsafeBufferPointer { source in
                result.withUnsafeMutableBufferPointer { target in
                    for n in 0..<count {
                        for i in 0..<featureWidth {
                            target[n * width + offset + i] = source[n * featureWidth + i]
                        }
                    }
                }
            }
            if let shares = description.parts[index].shares {
                let widths = description.parts[index].extractor.widths
                result.withUnsafeMutableBufferPointer {
                    for n in 0..<count {
                        Self.scale($0.extracting((n * width + offset)..<((n + 1) * width)), widths, shares)
                    }
                }
            }
            offset += featureWidth
        }
        if let head { result = head.forward(result).output }
        // Shares would not be what they are if the whole was centered.
        if description.hasShares { return result }
        if normalizesEmbeddings {
            result.withUnsafeMutableBufferPointer { values in
                for n in 0..<count { Self.normalize(values.extracting((n * width)..<((n + 1) * width))) }
            }
        }
        return result
    }

    /// Brings vectors that lie one after another to squared norms; a vector of zeros stays.
    static func scale(_ vectors: UnsafeMutableBufferPointer<Float>, _ widths: [Int], _ shares: [Double]) {
        var start = 0
        for (width, share) in zip(widths, shares) {
            let vector = vectors.extracting(start..<(start + width))
            let square = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
            let scale = square > 0 ? (share / square).squareRoot() : 0
            for i in vector.indices { vector[i] = Float(Double(vector[i]) * scale) }
            start += width
        }
    }

    /// Subtracts a vector's own mean and divides it by its norm.
    static func normalize(_ vector: UnsafeMutableBufferPointer<Float>) {
        let mean = vector.reduce(0.0) { $0 + Double($1) } / Double(vector.count)
        let norm = vector.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }.squareRoot()
        // A constant vector has no direction; it becomes zeros rather than NaN.
        let scale = norm > 0 ? 1 / norm : 0
        for i in vector.indices { vector[i] = Float((Double(vector[i]) - mean) * scale) }
    }
}

extension PerceptualModel {
    /// The number of threads that all models of this process use: what was set here, else `DREAMSIM_THREADS`, else the
    /// number of active processors.
    public static var threads: Int {
        get { Parallel.threads }
        set { Parallel.threads = newValue }
    }
}

extension ModelDescription {
    /// The same model with another feature read from its only backbone.
    /// - Throws: `DreamSimError` with `.badSetting` when the model has several backbones, or its backbone has no such
    ///   feature.
    public func reading(_ name: String) throws(DreamSimError) -> ModelDescription {
        guard parts.count == 1, let part = parts.first, case .transformer(let configuration, let old) = part.extractor
        else {
            throw DreamSimError(.badSetting, "feature '\(name)'", "\(self.name) has \(parts.count) backbones, not one")
        }
        guard let feature = Feature(name: name), feature.width(in: configuration) != nil else {
            throw DreamSimError(
                .badSetting, "feature '\(name)'",
                "does not exist in \(self.name); there are "
                    + Feature.Kind.allCases.filter { Feature($0).width(in: configuration) != nil }
                    .map(\.rawValue).joined(separator: ", ")
                    + ", each with @BLOCK from 0 to \(configuration.depth - 1)")
        }
        return ModelDescription(
            name: feature == old ? self.name : "\(self.name)+\(feature.name)", summary: summary,
            parts: [
                Part(name: part.name, configuration: configuration, feature: feature, files: part.files)
            ], adapter: adapter, sources: sources, license: license, seen: seen)
    }
}
