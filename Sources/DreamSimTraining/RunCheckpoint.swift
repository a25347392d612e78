import DreamSimCheckpoints
import Foundation

/// An optimizer's run on the disk: the numbers that are optimized, their means, what the run says of itself and whatever
/// else it keeps, in one safetensors file that is replaced as a whole. Since all randomness follows from the
/// seed and the step, a resumed run continues exactly as it would have.
struct RunCheckpoint<Run: Codable> {
    let run: Run
    /// Of whoever conducts the run.
    let note: String?
    let url: URL
    private let checkpoint: Checkpoint

    /// Writes a run; an existing checkpoint is replaced only when the new one is complete.
    /// - Parameters:
    ///   - format: names the kind of run.
    ///   - others: further tensors, under names of their own.
    /// - Throws: `DreamSimError` with `.unwritable`.
    static func write(
        _ run: Run, format: String, parameters: [String: Tensor], adam: Adam, note: String?,
        others: [(name: String, tensor: Tensor)] = [], to url: URL
    ) throws {
        var tensors: [(name: String, tensor: Tensor)] = []
        for (name, parameter) in parameters.sorted(by: { $0.key < $1.key }) {
            tensors.append((CheckpointKey.parameter + name, parameter))
            guard let moments = adam.moments[name] else { continue }
            tensors.append((CheckpointKey.first + name, moments.first))
            tensors.append((CheckpointKey.second + name, moments.second))
        }
        var metadata = [
            CheckpointKey.format: format, CheckpointKey.version: CheckpointKey.known,
            CheckpointKey.run: try JSON.line(run),
        ]
        metadata[CheckpointKey.note] = note
        try SafetensorsWriter.write(tensors + others, metadata: metadata, to: url)
    }

    /// Opens what `write` wrote.
    /// - Parameter what: names the kind of run in the error that it is none.
    /// - Throws: `DreamSimError` with `.badCheckpoint` when it is none of this kind; `DreamSimError` when it is not sound.
    init(contentsOf url: URL, format: String, what: String) throws {
        let checkpoint = try Checkpoint(contentsOf: url)
        func fault(_ reason: String) -> DreamSimError { DreamSimError(.badCheckpoint, url.path, reason) }
        let metadata = checkpoint.metadata
        guard metadata[CheckpointKey.format] == format else {
            throw fault("is not a checkpoint of \(what); name another file")
        }
        let version = metadata[CheckpointKey.version] ?? "absent"
        guard version == CheckpointKey.known else {
            throw fault("has version \(version), this program reads \(CheckpointKey.known); start the run again")
        }
        do {
            run = try JSONDecoder().decode(Run.self, from: Data((metadata[CheckpointKey.run] ?? "").utf8))
        } catch {
            throw fault("says nothing understandable of its run: \(error)")
        }
        (self.url, self.checkpoint, note) = (url, checkpoint, metadata[CheckpointKey.note])
    }

    /// The names of all tensors.
    var names: [String] { checkpoint.names }

    /// What is wrong with the file, to be thrown.
    func fault(_ reason: String) -> DreamSimError { DreamSimError(.badCheckpoint, url.path, reason) }

    /// A tensor of a shape.
    /// - Throws: `DreamSimError` with `.badCheckpoint` when it has another shape or is not finite, `DreamSimError` when it
    ///   is missing.
    func tensor(_ name: String, _ shape: Shape) throws -> Tensor {
        let tensor = try checkpoint.tensor(name)
        guard tensor.shape == shape, tensor.isFinite else {
            throw fault("holds '\(name)' of shape \(tensor.shape), expected finite numbers of \(shape)")
        }
        return tensor
    }

    /// A tensor of whatever shape.
    /// - Throws: `DreamSimError`.
    func tensor(_ name: String) throws -> Tensor { try checkpoint.tensor(name) }

    /// The numbers that are optimized, and their means where the optimizer had met them.
    /// - Parameter fresh: gives the names and shapes.
    /// - Throws: as `tensor`.
    func optimized(like fresh: [String: Tensor]) throws -> (
        parameters: [String: Tensor], moments: [String: Adam.Moments]
    ) {
        var (parameters, moments) = (fresh, [String: Adam.Moments]())
        for (name, tensor) in fresh {
            let shape = tensor.shape
            parameters[name] = try self.tensor(CheckpointKey.parameter + name, shape)
            let (first, second) = (CheckpointKey.first + name, CheckpointKey.second + name)
            guard checkpoint[first] != nil || checkpoint[second] != nil else { continue }
            moments[name] = Adam.Moments(
                first: try self.tensor(first, shape), second: try self.tensor(second, shape))
        }
        return (parameters, moments)
    }
}

/// The names in a checkpoint's file.
private enum CheckpointKey {
    static let format = "format"
    static let version = "version"
    static let run = "run"
    static let note = "note"
    static let parameter = "parameter."
    static let first = "first."
    static let second = "second."
    /// The version that is written and read.
    static let known = "1"
}
