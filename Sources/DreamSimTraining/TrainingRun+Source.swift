import Foundation

/// What a run reads.
extension TrainingRun {
    /// How images are read, and what is to be said of it.
    static func source(
        _ trainer: Trainer, _ settings: Settings, images: Int
    ) -> (source: TripletSource, notes: [String]) {
        var source = TripletSource(preprocessing: trainer.model.preprocessing)
        guard let folder = settings.cache else { return (source, []) }
        guard let content = frozenContent(trainer) else { return (source, []) }
        do throws(DreamSimError) {
            source.frozen = try FrozenImages(
                trainer.model, content, folder: folder, limit: settings.cacheLimit, images: images)
            return (source, [])
        } catch {
            return (source, ["nothing is cached: \(error)"])
        }
    }

    /// What of the model stays as it is, if anything does.
    private static func frozenContent(_ trainer: Trainer) -> FrozenImages.Content? {
        switch trainer.options.method {
        case .lora:
            let blocks = trainer.options.tunedBlocks(trainer.model).map(\.lowerBound)
            return blocks.allSatisfy { $0 > 0 } ? .tokens(entering: blocks) : nil
        case .mlp: return .embeddings
        case .full: return nil
        }
    }

    /// What tells triplets from others, wherever they lie: names of files and votes.
    static func digest(_ readable: ReadableTriplets) -> String {
        var digest = SHA256Digest()
        for (role, triplets) in [("training", readable.training), ("validation", readable.validation)] {
            var text = Array("\(role) \(triplets.count)\n".utf8)
            for triplet in triplets {
                for path in triplet.images { text += path.lastComponent + [0] }
                text += Array("\(triplet.rightPreferred)\n".utf8)
            }
            text.withUnsafeBytes { digest.update($0) }
        }
        return digest.hex()
    }
}
