package import DreamSimNetworks
package import Foundation

/// What was learnt, ready to be kept and used.
package enum TuningResult: Sendable {
    /// Low-rank updates: a PEFT folder, which `--adapter` names.
    case adapter(LoRAAdapter)
    /// A head: a file, which `--head` names.
    case head(EmbeddingHead, EmbeddingHead.Origin)
    /// A whole model: a file, which `--model` names.
    case model(PerceptualModel)

    /// Writes it where a run keeps it; each file appears whole or not at all.
    /// - Parameter dropout: what updates were trained with, for the record.
    /// - Throws: `DreamSimError` with `.unwritable`.
    func write(_ stage: TuningStage, in folder: URL, dropout: Float) throws {
        switch self {
        case .adapter(let adapter):
            try adapter.write(to: TrainingMethod.lora.place(stage, in: folder), dropout: dropout)
        case .head(let head, let origin):
            try head.write(to: TrainingMethod.mlp.place(stage, in: folder), origin: origin)
        case .model(let model): try model.write(to: TrainingMethod.full.place(stage, in: folder))
        }
    }
}

/// Which of a run's results is meant.
package enum TuningStage: Hashable, Sendable {
    /// That of the last epoch.
    case last
    /// That of the best validation.
    case best
}

extension TrainingMethod {
    /// Where a run keeps a result.
    package func place(_ stage: TuningStage, in folder: URL) -> URL {
        let name =
            switch (self, stage) {
            case (.lora, .last): "adapter"
            case (.lora, .best): "best"
            case (.mlp, .last): "head.safetensors"
            case (.full, .last): "model.safetensors"
            case (.mlp, .best), (.full, .best): "best.safetensors"
            }
        return folder.appending(path: name)
    }
}
