import Tensors

/// What a series of metrics needs of files.
struct FilePreparation: Sendable {
    /// How files are decoded for metrics that see them as they are.
    let decoding: DecodingOptions
    /// The side of the square to which pictures are brought for metrics that compare them as they are.
    let resize: Int?
    /// How pictures are prepared for models that embed; each once.
    let squares: [Preprocessing]
    /// Whether a metric needs the picture, and not only its embedding.
    let needsPicture: Bool
    /// Whether a metric needs the picture that was brought to a square.
    var needsResized: Bool { needsPicture && resize != nil }

    /// Reads a file and prepares it.
    func load(_ path: ImagePath) -> PreparedFile {
        let file = PreparedFile(path)
        do {
            var decoded: [DecodingOptions: Image] = [:]
            func picture(_ options: DecodingOptions) throws -> Image {
                if let image = decoded[options] { return image }
                let result = try Timings.measure(.decode) {
                    try Image.decode(contentsOfFile: path.bytes, options: options)
                }
                if decoded.isEmpty { file.warnings = result.info.warnings.map { "\(path): \($0)" } }
                decoded[options] = result.image
                return result.image
            }
            for preprocessing in squares {
                let image = try picture(preprocessing.decoding)
                file.squares.append(Timings.measure(.resize) { preprocessing.square(image) })
            }
            if needsPicture {
                let image = try picture(decoding)
                file.picture = image
                if let resize {
                    file.resized = Timings.measure(.resize) {
                        image.resized(width: resize, height: resize, filter: .bilinear)
                    }
                }
            }
        } catch {
            file.failure = PairFailure(image: path, description: "\(error)")
        }
        return file
    }

    /// Reads the picture of a file again, after it was dropped to save memory.
    func reload(_ file: PreparedFile) {
        guard needsPicture, file.picture == nil, file.failure == nil else { return }
        let again = FilePreparation(decoding: decoding, resize: resize, squares: [], needsPicture: true).load(file.path)
        (file.picture, file.resized, file.failure) = (again.picture, again.resized, again.failure)
    }
}

/// A file as metrics need it.
///
/// `@unchecked Sendable`: the thread that reads the file fills it and hands it over; only one thread has it at a time.
final class PreparedFile: @unchecked Sendable {
    let path: ImagePath
    fileprivate(set) var failure: PairFailure?
    fileprivate(set) var picture: Image?
    fileprivate(set) var resized: Image?
    fileprivate(set) var squares: [Image] = []
    fileprivate var warnings: [String] = []
    /// One a model, once they are made.
    private(set) var embeddings: [Embedding] = []

    init(_ path: ImagePath) { self.path = path }

    /// The pixels that are held.
    var pixelCount: Int { [picture, resized].reduce(0) { $0 + ($1.map { $0.width * $0.height } ?? 0) } }

    /// Keeps embeddings in place of the squares that they were made from.
    func keep(_ embeddings: [Embedding]) {
        self.embeddings = embeddings
        squares = []
    }

    /// Forgets the picture, to save memory.
    func dropPicture() { (picture, resized) = (nil, nil) }

    /// The warnings, the first time only.
    func takeWarnings() -> [String] {
        defer { warnings = [] }
        return warnings
    }
}
