import Checkpoints
public import DreamSim
public import Foundation
import Tensors

/// A run on the disk: parameters, the optimiser's means, the settings and the steps taken, in one safetensors file that is
/// replaced as a whole. Since everything drawn by chance follows from the seed and the step, a run that is taken up again
/// goes on exactly as it would have.
extension Trainer {
    private enum Key {
        static let format = "format"
        static let version = "version"
        static let run = "run"
        static let note = "note"
        static let parameter = "parameter."
        static let first = "first."
        static let second = "second."
    }

    private static let format = "dreamsim-training"
    private static let version = "1"

    /// What a checkpoint says of its run.
    private struct Run: Codable {
        var options: TrainingOptions
        var model: ModelStamp
        var steps: Int
    }

    /// Writes the run; an existing checkpoint is replaced only when the new one is complete.
    /// - Throws: `CheckpointError` with `.unwritable`.
    public func save(to url: URL) throws { try save(to: url, note: nil) }

    /// Writes the run with a note of whoever conducts it.
    func save(to url: URL, note: String?) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let run = Run(options: options, model: model.stamp, steps: steps)
        var tensors: [(name: String, tensor: Tensor)] = []
        for name in parameters.tensors.keys.sorted() {
            guard let parameter = parameters.tensors[name] else { continue }
            tensors.append((Key.parameter + name, parameter))
            guard let moments = adam.moments[name] else { continue }
            tensors.append((Key.first + name, moments.first))
            tensors.append((Key.second + name, moments.second))
        }
        var metadata = [
            Key.format: Self.format, Key.version: Self.version,
            Key.run: String(decoding: try encoder.encode(run), as: UTF8.self),
        ]
        metadata[Key.note] = note
        try SafetensorsWriter.write(tensors, metadata: metadata, to: url)
    }

    /// Takes up a run.
    /// - Parameters:
    ///   - model: the one it was begun with.
    ///   - url: what `save` wrote.
    /// - Throws: `TrainingError` with `.badCheckpoint` when it is none, of another model or incomplete; `CheckpointError`
    ///   when it is not sound.
    public convenience init(_ model: PerceptualModel, resuming url: URL) throws {
        var note: String?
        try self.init(model, resuming: url, note: &note)
    }

    /// Takes up a run, and gives back the note it was written with.
    convenience init(_ model: PerceptualModel, resuming url: URL, note: inout String?) throws {
        let checkpoint = try Checkpoint(contentsOf: url)
        func fault(_ reason: String) -> TrainingError { TrainingError(.badCheckpoint, url.path, reason) }
        guard checkpoint.metadata[Key.format] == Self.format else {
            throw fault("is a file of weights, but no checkpoint of a training run")
        }
        let version = checkpoint.metadata[Key.version] ?? "absent"
        guard version == Self.version else {
            throw fault("has version \(version), this program reads \(Self.version); start the run again")
        }
        let run: Run
        do {
            run = try JSONDecoder().decode(Run.self, from: Data((checkpoint.metadata[Key.run] ?? "").utf8))
        } catch {
            throw fault("says nothing understandable of its run: \(error)")
        }
        guard run.model == model.stamp else {
            throw fault("belongs to a run of \(run.model), not of \(model.stamp)")
        }
        try run.options.check()
        guard run.steps >= 0 else { throw fault("has taken \(run.steps) steps") }
        var parameters = LoRAParameters(
            model.networks, blocks: run.options.tunedBlocks(model), rank: run.options.rank, seed: run.options.seed)
        var moments: [String: Adam.Moments] = [:]
        var used = 0
        func tensor(_ name: String, like expected: Tensor) throws -> Tensor {
            let tensor = try checkpoint.tensor(name)
            guard tensor.shape == expected.shape, tensor.withUnsafeBufferPointer({ $0.allSatisfy(\.isFinite) }) else {
                throw fault("holds '\(name)' of shape \(tensor.shape), expected finite numbers of \(expected.shape)")
            }
            used += 1
            return tensor
        }
        for (name, fresh) in parameters.tensors {
            parameters.tensors[name] = try tensor(Key.parameter + name, like: fresh)
            guard checkpoint[Key.first + name] != nil || checkpoint[Key.second + name] != nil else { continue }
            moments[name] = Adam.Moments(
                first: try tensor(Key.first + name, like: fresh), second: try tensor(Key.second + name, like: fresh))
        }
        guard used == checkpoint.names.count else {
            throw fault("holds \(checkpoint.names.count) tensors, of which the run knows \(used)")
        }
        note = checkpoint.metadata[Key.note]
        self.init(
            model, run.options, parameters: parameters,
            adam: Adam(run.options.adam, steps: run.steps, moments: moments))
    }
}
