import DreamSim
import DreamSimSupport
import Foundation

@testable import DreamSimEvaluation
@testable import DreamSimTraining

/// What evaluations and training runs keep between two runs, after the header that is theirs.
extension Target {
    static let embeddingJournal = Target("embedding-journal") { bytes in
        let url = ScratchFile.write(Array("dreamsim-embeddings 1 \(identity.digest) 2\n".utf8) + bytes)
        let journal = try EmbeddingJournal(url, identity: identity, width: 2)
        if let key = FileKey(ImagePath(url.path)) { _ = try journal.vector(key) }
    }

    static let valueJournal = Target("value-journal") { bytes in
        let url = ScratchFile.write(Array("dreamsim-values 1 \(identity.digest)\n".utf8) + bytes)
        _ = try ValueJournal(url, identity: identity).count
    }

    /// The rows of a frozen part of a model, under the name and after the line that are theirs.
    static let frozenCache = Target("frozen-cache") { bytes in
        _ = ScratchFile.write(frozen.header + bytes, name: frozen.fileName)
        let cache = try FrozenCache(frozen, in: ScratchFile.folder, limit: 1 << 20, images: 4, reserve: 0)
        _ = cache.takeNotes()
        for key in cache.state.withLock({ $0.offsets.keys.prefix(4) }) { _ = cache.row(key) }
    }

    /// A run's settings, and its log line by line.
    static let trainingState = Target("training-state") { bytes in
        try? JSONDecoder().decode(TrainingOptions.self, from: Data(bytes)).check()
        _ = try TrainingLog(ScratchFile.write(bytes), keepingThrough: 3, validated: 1).lines()
    }

    private static let frozen = FrozenCache.Identity(
        content: "fuzz",
        model: ModelStamp(model: "fuzz", weights: "", preprocessing: .standard, isNormalized: true), kernels: "",
        width: 2)

    /// What the numbers of the journals and profiles depend on.
    static let identity = MetricColumn(PixelMetric.l1, decoding: .standard).identity
}
