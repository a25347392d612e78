import DreamSimCheckpoints
package import DreamSimNetworks
package import Foundation

/// What enters a model's linear layers over some images, by which int8 divides the work between inputs and weights
/// (SmoothQuant, arXiv 2211.10438). It is kept as safetensors: a tensor of the largest magnitudes for each layer, named
/// `0.blocks.3.attn.qkv` by the part's index and the layer.
package struct ModelCalibration: Sendable {
    /// The model's weights, as its stamp has them.
    package let weights: String
    /// The images that were looked at.
    package let images: Int
    /// Of each part, in their order; empty for parts that are no transformers.
    package let parts: [InputMagnitudes]

    private enum Key {
        static let format = "format"
        static let version = "version"
        static let weights = "weights"
        static let images = "images"
    }

    private static let format = "dreamsim-calibration"
    private static let version = "1"

    /// Looks at images.
    /// - Parameters:
    ///   - model: in float32, without a head that is not part of it.
    ///   - batches: called until it gives nil; preprocessed images.
    package init(_ model: PerceptualModel, weights: String, batches: () throws -> [Image]?) rethrows {
        var parts = model.parts.map { _ in InputMagnitudes() }
        var count = 0
        while let images = try batches() {
            guard !images.isEmpty else { continue }
            let batch = model.preprocessing.batch(images)
            for (index, part) in model.parts.enumerated() {
                guard case .transformer(let network, let feature) = part else { continue }
                let last = feature.block ?? network.configuration.depth - 1
                network.observe(batch, through: last, in: &parts[index])
            }
            count += images.count
        }
        (self.weights, self.parts, images) = (weights, parts, count)
    }

    /// Where the calibration of a model's weights lies, which every load in int8 takes from there.
    package static func url(of weights: String, in store: ModelStore) -> URL {
        store.configuration.home.appending(path: "calibrations/\(weights.prefix(16)).safetensors")
    }

    /// Where a calibration stays that another took the place of: indexes that were made with it still want it.
    static func kept(_ digest: String, of weights: String, in store: ModelStore) -> URL {
        store.configuration.home.appending(path: "calibrations/\(weights.prefix(16))-\(digest.prefix(16)).safetensors")
    }

    /// Takes the calibration of a model's weights out of use; what was made with it can still be used.
    package static func retire(_ weights: String, in store: ModelStore) throws {
        let url = url(of: weights, in: store)
        let target = kept(try store.digest(of: url), of: weights, in: store)
        guard rename(url.path, target.path) == 0 else {
            throw DreamSimError(.unwritable, target.path, "cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Writes it; the file appears whole or not at all.
    package func write(to url: URL) throws {
        try Folder.make(url.deletingLastPathComponent().path)
        try SafetensorsWriter.write(
            parts.enumerated().flatMap { index, part in
                part.layers.sorted { $0.key < $1.key }.map { layer, values in
                    (name: "\(index).\(layer)", tensor: Tensor(values, shape: [values.count]))
                }
            },
            metadata: [
                Key.format: Self.format, Key.version: Self.version, Key.weights: weights, Key.images: "\(images)",
            ], to: url)
    }

    /// Reads the calibration of a model.
    /// - Throws: `DreamSimError` with `.badProfile` when it is another thing, or of other weights.
    package init(contentsOf url: URL, weights: String, parts count: Int) throws {
        func fault(_ reason: String) -> DreamSimError {
            DreamSimError(.badProfile, url.path, reason + "; calibrate the model again, or remove the file")
        }
        let checkpoint: Checkpoint
        do {
            checkpoint = try Checkpoint(contentsOf: url)
        } catch {
            throw fault("cannot be read: \(error.reason)")
        }
        guard checkpoint.metadata[Key.format] == Self.format, checkpoint.metadata[Key.version] == Self.version else {
            throw fault("is no calibration of this version")
        }
        guard checkpoint.metadata[Key.weights] == weights else {
            throw fault("is the calibration of other weights")
        }
        var layers = [[String: [Float]]](repeating: [:], count: count)
        for name in checkpoint.names {
            let pieces = name.split(separator: ".", maxSplits: 1)
            guard pieces.count == 2, let index = Int(pieces[0]), layers.indices.contains(index) else {
                throw fault("holds '\(name)', which belongs to none of the \(count) parts")
            }
            let tensor = try checkpoint.tensor(name)
            guard tensor.isFinite, tensor.values.allSatisfy({ $0 >= 0 }) else {
                throw fault("holds magnitudes that are none")
            }
            layers[index][String(pieces[1])] = tensor.values
        }
        self.weights = weights
        images = Int(checkpoint.metadata[Key.images] ?? "") ?? 0
        parts = layers.map { InputMagnitudes($0) }
    }
}

extension MergedModel {
    /// The same model with weights in float32 rounded, as they are when a model is merged.
    func rounded(to precision: Precision, _ store: ModelStore) throws -> MergedModel {
        let plan = try RoundingPlan(precision, of: header.weights, parts: header.parts.count, store)
        let exact = zip(header.parts, weights).map { part, set in
            guard case .transformer(let configuration, _) = part.extractor else { return set }
            return set.unpacked(for: configuration)
        }
        var header = header
        (header.precision, header.calibration) = (precision, plan.digest)
        return MergedModel(
            header: header,
            weights: try zip(header.parts, plan.smoothed(exact, header.parts)).map { $0.packed($1, in: precision) })
    }
}

/// How a model's weights are rounded.
struct RoundingPlan {
    private let precision: Precision
    private let calibration: ModelCalibration?
    /// SHA-256 of the calibration, in hexadecimal; nil without one.
    let digest: String?

    /// Finds the calibration of a model's weights where int8 is wanted and there is one.
    /// - Parameter wanted: the digest of the one that is wanted, or `.some(nil)` for none; the one in use when nil.
    init(
        _ precision: Precision, calibrated wanted: String?? = nil, of weights: String, parts: Int, _ store: ModelStore
    ) throws {
        self.precision = precision
        var url = ModelCalibration.url(of: weights, in: store)
        if case .some(.some(let digest)) = wanted, (try? store.digest(of: url)) != digest {
            url = ModelCalibration.kept(digest, of: weights, in: store)
        }
        if case .some(.none) = wanted {
            (calibration, digest) = (nil, nil)
            return
        }
        guard precision == .int8, FileManager.default.fileExists(atPath: url.path) else {
            (calibration, digest) = (nil, nil)
            return
        }
        calibration = try ModelCalibration(contentsOf: url, weights: weights, parts: parts)
        digest = try store.digest(of: url)
    }

    /// What the merged file's name says of it.
    var suffix: String {
        precision.suffix + (digest.map { "-" + $0.prefix(8) } ?? "")
    }

    /// The weights as they are rounded best.
    func smoothed(_ weights: [WeightSet], _ parts: [ModelDescription.Part]) throws -> [WeightSet] {
        guard let calibration else { return weights }
        return try zip(zip(weights, parts), calibration.parts).map { pair, magnitudes in
            guard case .transformer(let configuration, let feature) = pair.1.extractor else { return pair.0 }
            return try pair.0.smoothed(by: magnitudes, for: configuration, reading: feature)
        }
    }
}
