import Checkpoints
import DreamSim
import Foundation
import Tensors

/// A run on the disk: the numbers that are optimised, the optimiser's means, the best picture and whatever the conductor of
/// the run adds, in one safetensors file that is replaced as a whole. Since everything drawn by chance follows from the
/// seed and the step, a run that is taken up again goes on exactly as it would have.
extension Inversion {
    private enum Key {
        static let format = "format"
        static let version = "version"
        static let run = "run"
        static let note = "note"
        static let parameter = "parameter."
        static let first = "first."
        static let second = "second."
        static let best = "best"
        static let extra = "extra."
    }

    private static let format = "dreamsim-inversion"
    private static let version = "1"

    /// What a checkpoint says of its run.
    private struct Run: Codable {
        var stamp: String
        var steps: Int
        var best: Best?

        struct Best: Codable {
            var loss: Double
            var penalty: Double
            var step: Int
        }
    }

    /// Writes the run, with tensors and a note of whoever conducts it; an existing file is replaced only when the new one is
    /// complete.
    /// - Throws: `CheckpointError` with `.unwritable`.
    func save(to url: URL, extras: [String: Tensor] = [:], note: String = "") throws {
        var tensors: [(name: String, tensor: Tensor)] = []
        for (name, parameter) in parameters.sorted(by: { $0.key < $1.key }) {
            tensors.append((Key.parameter + name, parameter))
            guard let moments = adam.moments[name] else { continue }
            tensors.append((Key.first + name, moments.first))
            tensors.append((Key.second + name, moments.second))
        }
        if let best { tensors.append((Key.best, best.picture)) }
        tensors += extras.sorted { $0.key < $1.key }.map { (Key.extra + $0.key, $0.value) }
        let run = Run(
            stamp: stamp, steps: steps,
            best: best.map { Run.Best(loss: $0.loss, penalty: $0.penalty, step: $0.step) })
        try SafetensorsWriter.write(
            tensors,
            metadata: [
                Key.format: Self.format, Key.version: Self.version, Key.run: try JSON.line(run), Key.note: note,
            ], to: url)
    }

    /// Takes up what `save` wrote.
    /// - Returns: what the conductor added.
    /// - Throws: `TrainingError` with `.badCheckpoint` when it is none or of another run; `CheckpointError` when it is not
    ///   sound. Then nothing has changed.
    func resume(from url: URL) throws -> (extras: [String: Tensor], note: String) {
        let checkpoint = try Checkpoint(contentsOf: url)
        func fault(_ reason: String) -> TrainingError { TrainingError(.badCheckpoint, url.path, reason) }
        guard checkpoint.metadata[Key.format] == Self.format else {
            throw fault("is no checkpoint of an inversion; name another file")
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
        guard run.stamp == stamp else {
            throw fault(
                "belongs to a run with other targets, metrics or settings; use another file, or what it was begun with")
        }
        guard (0...options.steps).contains(run.steps) else { throw fault("has taken \(run.steps) steps") }
        func tensor(_ name: String, _ shape: Shape) throws -> Tensor {
            let tensor = try checkpoint.tensor(name)
            guard tensor.shape == shape, tensor.isFinite else {
                throw fault("holds '\(name)' of shape \(tensor.shape), expected finite numbers of \(shape)")
            }
            return tensor
        }
        var found: [String: Tensor] = [:]
        var moments: [String: Adam.Moments] = [:]
        for (name, fresh) in parameters {
            found[name] = try tensor(Key.parameter + name, fresh.shape)
            guard checkpoint[Key.first + name] != nil else { continue }
            moments[name] = Adam.Moments(
                first: try tensor(Key.first + name, fresh.shape), second: try tensor(Key.second + name, fresh.shape))
        }
        var best: Found?
        if let known = run.best {
            best = Found(
                picture: try tensor(Key.best, pictureShape), loss: known.loss, penalty: known.penalty, step: known.step)
        }
        var extras: [String: Tensor] = [:]
        for name in checkpoint.names where name.hasPrefix(Key.extra) {
            extras[String(name.dropFirst(Key.extra.count))] = try checkpoint.tensor(name)
        }
        (parameters, self.best) = (found, best)
        adam = Adam(options.adam, steps: run.steps, moments: moments)
        return (extras, checkpoint.metadata[Key.note] ?? "")
    }
}
