import Synchronization
import Tensors

/// What became of one file.
public struct FileOutcome: Sendable {
    /// The file.
    public let path: ImagePath
    /// Its embedding, or why there is none.
    public let result: Result<Embedding, any Error>
    /// What was passed over in the file without harm, such as broken EXIF data.
    public let warnings: [String]

    /// The embedding; nil when the file failed.
    public var embedding: Embedding? { try? result.get() }
}

extension PerceptualModel {
    /// Embeds files, in their order. A file that cannot be read does not stop the others.
    /// - Parameters:
    ///   - paths: picture files.
    ///   - batch: the number of pictures that pass the networks together; results do not depend on it beyond rounding.
    ///   - progress: called after each batch with the number of files that are done.
    public func embed(
        files paths: [ImagePath], batch: Int = 8, progress: (Int) -> Void = { _ in }
    ) -> [FileOutcome] {
        var outcomes: [FileOutcome] = []
        outcomes.reserveCapacity(paths.count)
        while outcomes.count < paths.count {
            let part = paths[outcomes.count..<min(outcomes.count + max(batch, 1), paths.count)]
            let squares = squares(Array(part))
            var embeddings = embed(squares: squares.compactMap { try? $0.get().image })[...]
            for (path, square) in zip(part, squares) {
                outcomes.append(
                    FileOutcome(
                        path: path, result: square.map { _ in embeddings.removeFirst() },
                        warnings: (try? square.get().warnings) ?? []))
            }
            progress(outcomes.count)
        }
        return outcomes
    }

    /// Embeds a file that everything else depends on.
    /// - Throws: `ImagingError` when it cannot be read.
    public func embed(file path: ImagePath) throws -> Embedding {
        try embed(files: [path])[0].result.get()
    }

    /// Decodes and prepares files on all threads.
    private func squares(_ paths: [ImagePath]) -> [Result<(image: Image, warnings: [String]), any Error>] {
        typealias Slot = Result<(image: Image, warnings: [String]), any Error>
        let slots = Mutex([Slot?](repeating: nil, count: paths.count))
        Parallel.forEach(paths.count) { i in
            let square = Slot {
                let decoded = try Image.decode(contentsOfFile: paths[i].bytes, options: preprocessing.decoding)
                return (preprocessing.square(decoded.image), decoded.info.warnings)
            }
            slots.withLock { $0[i] = square }
        }
        return slots.withLock { $0.compactMap { $0 } }
    }
}
