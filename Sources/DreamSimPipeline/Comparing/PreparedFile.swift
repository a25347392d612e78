/// A file as metrics need it.
///
/// `@unchecked Sendable`: the thread that reads the file fills it and hands it over; only one thread has it at a time.
final class PreparedFile: @unchecked Sendable {
    let path: ImagePath
    private(set) var failure: PairFailure?
    private(set) var prepared = PreparedImage()
    /// One a metric that embeds, once they are made.
    private(set) var embeddings: [Embedding] = []

    /// Reads a file and prepares it.
    init(_ path: ImagePath, _ preparation: ImagePreparation) {
        self.path = path
        do {
            prepared = try preparation.prepare("\(path)") { options in
                let decoded = try Image.decode(contentsOfFile: path.bytes, options: options)
                return (decoded.image, decoded.info.warnings.map { "\(path): \($0)" })
            }
        } catch {
            failure = PairFailure(image: path, error: error)
        }
    }

    /// Reads the image again, if it was dropped to save memory.
    func reload(_ preparation: ImagePreparation) {
        guard failure == nil else { return }
        do {
            try preparation.prepareAgain(&prepared) { try Image(contentsOfFile: path.bytes, options: $0) }
        } catch {
            failure = PairFailure(image: path, error: error)
        }
    }

    /// Whether it is to be embedded still.
    var waits: Bool { failure == nil && embeddings.isEmpty && !prepared.preprocessed.isEmpty }

    /// The pixels that are held.
    var pixelCount: Int { prepared.pixelCount }

    /// Keeps embeddings in place of the preprocessed images that they were made from.
    func keep(_ embeddings: [Embedding]) {
        self.embeddings = embeddings
        prepared.preprocessed = [:]
    }

    /// Forgets the image, to save memory.
    func dropImage() { prepared.dropImage() }

    /// The warnings, the first time only.
    func takeWarnings() -> [String] {
        defer { prepared.warnings = [] }
        return prepared.warnings
    }
}
