import Checkpoints
public import Foundation
import Persistence
import Tensors

/// Writes embeddings with the files they belong to and what made them.
public enum EmbeddingFile {
    /// The layouts, each by its file name extension.
    public enum Format: String, Sendable, CaseIterable {
        /// [N, width] float32 as NumPy's, with `FILE.npy.json` beside it.
        case npy
        /// `embeddings` [N, width] float32; files and model in the metadata.
        case safetensors
        /// One line a file: its path, then the components.
        case csv
        /// One JSON object a line: its path and the components.
        case ndjson
    }

    /// What stands beside the numbers, so that results stay with their files.
    private struct Description: Encodable {
        var direction = Direction.lowerIsMoreAlike
        var model: ModelStamp
        var width: Int
        var images: [ImagePath]
        var failures: [ComparisonReport.Failure]
    }

    private struct Line: Encodable {
        var image: ImagePath
        var embedding: [Float]?
        var error: String?
        var model: String
        var weights: String
        var preprocessing: String
        var normalized: Bool
    }

    /// Writes embeddings to a file, which appears whole or not at all. Failed files are left out of the numbers and
    /// named beside them.
    /// - Throws: `CheckpointError` or `DreamSimError` with `.unwritable` when the disk is full, the folder is missing or the like.
    public static func write(
        _ outcomes: [FileOutcome], model: PerceptualModel, format: Format, to url: URL
    ) throws {
        let rows = outcomes.compactMap { outcome in outcome.embedding.map { (outcome.path, $0.values) } }
        switch format {
        case .npy:
            let json = url.appendingPathExtension("json")
            try write(Array(try description(outcomes, model)), to: json)
            try NumpyWriter.write(tensor(rows, model.width), to: url)
        case .safetensors:
            try SafetensorsWriter.write(
                [("embeddings", tensor(rows, model.width))],
                metadata: ["dreamsim": String(decoding: try description(outcomes, model), as: UTF8.self)], to: url)
        case .csv, .ndjson:
            try write(Array(text(outcomes, model: model, format: format).utf8), to: url)
        }
    }

    /// Embeddings as text.
    /// - Parameter format: `.csv` or `.ndjson`.
    public static func text(_ outcomes: [FileOutcome], model: PerceptualModel, format: Format) throws -> String {
        if format == .csv {
            let header = ["image"] + CSV.stampColumns + (0..<model.width).map { "e\($0)" }
            let lines = outcomes.compactMap { outcome in
                outcome.embedding.map { embedding in
                    (([outcome.path.description] + CSV.fields(of: model.stamp)).map(CSV.field)
                        + embedding.values.map { "\($0)" }).joined(separator: ",")
                }
            }
            return ([header.joined(separator: ",")] + lines).map { $0 + "\n" }.joined()
        }
        return try outcomes.map { outcome in
            var error: String?
            if case .failure(let failure) = outcome.result { error = "\(failure)" }
            return try JSON.line(
                Line(
                    image: outcome.path, embedding: outcome.embedding?.values, error: error,
                    model: model.description.name, weights: model.stamp.weights,
                    preprocessing: "\(model.preprocessing)", normalized: model.stamp.isNormalized)) + "\n"
        }.joined()
    }

    private static func write(_ bytes: [UInt8], to url: URL) throws(DreamSimError) {
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(bytes, to: url.path.utf8)
        } catch {
            throw DreamSimError(.unwritable, error.path, error.reason)
        }
    }

    private static func tensor(_ rows: [(ImagePath, [Float])], _ width: Int) -> Tensor {
        Tensor(rows.flatMap(\.1), shape: [rows.count, width])
    }

    private static func description(_ outcomes: [FileOutcome], _ model: PerceptualModel) throws -> Data {
        var failures: [ComparisonReport.Failure] = []
        for outcome in outcomes {
            if case .failure(let error) = outcome.result {
                failures.append(ComparisonReport.Failure(image: outcome.path, error: "\(error)"))
            }
        }
        return Data(
            try JSON.text(
                Description(
                    model: model.stamp, width: model.width,
                    images: outcomes.filter { $0.embedding != nil }.map(\.path), failures: failures)
            ).utf8)
    }
}
