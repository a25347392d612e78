package import Foundation

extension Trainer {
    private static let format = "dreamsim-training"

    /// What a checkpoint says of its run.
    private struct Run: Codable {
        var options: TrainingOptions
        var model: ModelStamp
        var steps: Int
    }

    /// Writes the run; an existing checkpoint is replaced only when the new one is complete.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func save(to url: URL) throws { try save(to: url, note: nil) }

    /// Writes the run with a note of whoever conducts it.
    func save(to url: URL, note: String?) throws {
        try RunCheckpoint.write(
            Run(options: options, model: model.stamp, steps: steps), format: Self.format,
            parameters: tensors, adam: adam, note: note, to: url)
    }

    /// Takes up a run.
    /// - Parameters:
    ///   - model: the one it was begun with.
    ///   - url: what `save` wrote.
    /// - Throws: `DreamSimError` with `.badCheckpoint` when it is none, of another model or incomplete; `DreamSimError`
    ///   when it is not sound.
    package convenience init(_ model: PerceptualModel, resuming url: URL) throws {
        var note: String?
        try self.init(model, resuming: url, note: &note)
    }

    /// Takes up a run, and gives back the note it was written with.
    convenience init(_ model: PerceptualModel, resuming url: URL, note: inout String?) throws {
        let checkpoint = try RunCheckpoint<Run>(contentsOf: url, format: Self.format, what: "a training run")
        let run = checkpoint.run
        guard run.model == model.stamp else {
            throw checkpoint.fault("belongs to a run of \(run.model), not of \(model.stamp)")
        }
        guard run.steps >= 0 else { throw checkpoint.fault("has taken \(run.steps) steps") }
        let parameters = try Self.parameters(model, run.options)
        let found = try checkpoint.optimized(like: parameters.initial())
        let used = found.parameters.count + 2 * found.moments.count
        guard used == checkpoint.names.count else {
            throw checkpoint.fault("holds \(checkpoint.names.count) tensors; the run knows \(used) of them")
        }
        note = checkpoint.note
        self.init(
            model, run.options, parameters, tensors: found.parameters,
            adam: Adam(run.options.adam, steps: run.steps, moments: found.moments))
    }
}
