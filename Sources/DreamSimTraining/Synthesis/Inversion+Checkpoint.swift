import Foundation

extension Inversion {
    private static let format = "dreamsim-inversion"
    private static let bestKey = "best"
    private static let extraPrefix = "extra."

    /// What a checkpoint says of its run.
    private struct Run: Codable {
        var stamp: String
        var steps: Int
        var best: Best?

        struct Best: Codable {
            var loss, penalty: Double
            var step: Int
        }
    }

    /// Writes the run, with tensors and a note of whoever conducts it; an existing file is replaced only when the new one is
    /// complete.
    /// - Throws: `DreamSimError` with `.unwritable`.
    func save(to url: URL, extras: [String: Tensor] = [:], note: String = "") throws {
        var others = best.map { [(name: Self.bestKey, tensor: $0.image)] } ?? []
        others += extras.sorted { $0.key < $1.key }.map { (Self.extraPrefix + $0.key, $0.value) }
        let run = Run(
            stamp: stamp, steps: steps,
            best: best.map { Run.Best(loss: $0.loss, penalty: $0.penalty, step: $0.step) })
        try RunCheckpoint.write(
            run, format: Self.format, parameters: parameters, adam: adam, note: note, others: others, to: url)
    }

    /// Takes up what `save` wrote.
    /// - Returns: what the conductor added.
    /// - Throws: `DreamSimError` with `.badCheckpoint` when it is none or of another run; `DreamSimError` when it is not
    ///   sound. Then nothing has changed.
    func resume(from url: URL) throws -> (extras: [String: Tensor], note: String) {
        let checkpoint = try RunCheckpoint<Run>(contentsOf: url, format: Self.format, what: "an inversion")
        let run = checkpoint.run
        guard run.stamp == stamp else {
            throw checkpoint.fault(
                "belongs to a run with other targets, metrics or settings; use another file, or what it was begun with")
        }
        guard (0...options.steps).contains(run.steps) else {
            throw checkpoint.fault("has taken \(run.steps) steps")
        }
        let found = try checkpoint.optimized(like: parameters)
        let best = try run.best.map {
            Found(
                image: try checkpoint.tensor(Self.bestKey, imageShape), loss: $0.loss, penalty: $0.penalty,
                step: $0.step)
        }
        var extras: [String: Tensor] = [:]
        for name in checkpoint.names where name.hasPrefix(Self.extraPrefix) {
            extras[String(name.dropFirst(Self.extraPrefix.count))] = try checkpoint.tensor(name)
        }
        (parameters, self.best) = (found.parameters, best)
        adam = Adam(options.adam, steps: run.steps, moments: found.moments)
        return (extras, checkpoint.note ?? "")
    }
}
