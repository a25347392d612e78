import DreamSim
import Foundation
import ModelStore

/// What a run reads.
extension TrainingRun {
    /// How pictures are read, and what is to be said of it.
    static func source(
        _ trainer: Trainer, _ settings: Settings, pictures: Int
    ) -> (source: TripletSource, notes: [String]) {
        var source = TripletSource(preprocessing: trainer.model.preprocessing)
        guard let folder = settings.cache else { return (source, []) }
        let blocks = trainer.options.tunedBlocks(trainer.model).map(\.lowerBound)
        guard blocks.allSatisfy({ $0 > 0 }) else { return (source, []) }
        do throws(TrainingError) {
            source.frozen = try FrozenPictures(
                trainer.model, blocks: blocks, folder: folder, limit: settings.cacheLimit, pictures: pictures)
            return (source, [])
        } catch {
            return (source, ["nothing is cached: \(error)"])
        }
    }

    /// What tells triplets from others, wherever they lie: names of files and votes.
    static func digest(_ readable: ReadableTriplets) -> String {
        var digest = SHA256Digest()
        for (role, triplets) in [("training", readable.training), ("validation", readable.validation)] {
            var text = Array("\(role) \(triplets.count)\n".utf8)
            for triplet in triplets {
                for path in triplet.pictures { text += path.lastComponent + [0] }
                text += Array("\(triplet.rightPreferred)\n".utf8)
            }
            text.withUnsafeBytes { digest.update($0) }
        }
        return digest.hex()
    }
}
