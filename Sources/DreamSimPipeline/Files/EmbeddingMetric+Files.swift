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

extension EmbeddingMetric {
    /// Embeds files one after another. A file that cannot be read does not stop the others.
    ///
    /// Files are read, decoded and resized ahead, on as many threads as compute, while the networks run. Memory does not
    /// depend on the number of files: two batches of preprocessed images wait at most, and each thread holds one image in full.
    /// - Parameters:
    ///   - paths: image files.
    ///   - batch: the number of images that pass the networks together, at least 1; results do not depend on it beyond
    ///     rounding.
    ///   - each: called with each file's outcome, in their order. An error that it throws ends the work.
    public func embed(
        files paths: [ImagePath], batch: Int = 8, each: (FileOutcome) throws -> Void
    ) rethrows {
        let batch = max(1, batch)
        let threads = Parallel.threads
        let files = Lookahead(paths.count, capacity: 2 * batch, threads: threads > 1 ? threads : 0) { [self] index in
            (path: paths[index], image: preprocess(paths[index]))
        }
        defer { files.cancel() }
        var isDone = false
        while !isDone {
            var waiting: [(path: ImagePath, image: Prepared)] = []
            var images: [Image] = []
            Timings.measure(.waiting) {
                while images.count < batch && !isDone {
                    guard let file = files.next() else {
                        isDone = true
                        break
                    }
                    waiting.append(file)
                    if let prepared = try? file.image.get() { images.append(prepared.image) }
                    // A long row of broken files is reported as it goes.
                    if images.isEmpty && waiting.count >= batch { break }
                }
            }
            var embeddings = embed(preprocessed: images)[...]
            for file in waiting {
                let result = file.image.flatMap { _ in
                    Result<Embedding, any Error> { try embeddings.removeFirst().finite() }
                }
                try each(
                    FileOutcome(
                        path: file.path, result: result,
                        warnings: (try? file.image.get().warnings) ?? []))
            }
        }
    }

    /// Embeds files, in their order. A file that cannot be read does not stop the others.
    /// - Parameters:
    ///   - paths: image files.
    ///   - batch: the number of images that pass the networks together; results do not depend on it beyond rounding.
    ///   - progress: called with the number of files that are done.
    public func embed(
        files paths: [ImagePath], batch: Int = 8, progress: (Int) -> Void = { _ in }
    ) -> [FileOutcome] {
        var outcomes: [FileOutcome] = []
        outcomes.reserveCapacity(paths.count)
        embed(files: paths, batch: batch) { outcome in
            outcomes.append(outcome)
            progress(outcomes.count)
        }
        return outcomes
    }

    /// Embeds a file that everything else depends on.
    /// - Throws: `DreamSimError` when it cannot be read.
    public func embed(file path: ImagePath) throws -> Embedding {
        try embed(files: [path])[0].result.get()
    }

    private typealias Prepared = Result<(image: Image, warnings: [String]), any Error>

    /// Decodes and prepares a file.
    private func preprocess(_ path: ImagePath) -> Prepared {
        Prepared {
            let decoded = try Timings.measure(.decode) {
                try Image.decode(contentsOfFile: path.bytes, options: preprocessing.decoding)
            }
            let image = try Timings.measure(.resize) { try prepare(decoded.image, name: "\(path)") }
            return (image, decoded.info.warnings)
        }
    }
}
