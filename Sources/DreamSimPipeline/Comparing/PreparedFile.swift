import DreamSimCore
import DreamSimImages
import DreamSimTensors

/// What a series of metrics needs of files.
struct FilePreparation: Sendable {
    /// How files are decoded for metrics that see them as they are.
    let decoding: DecodingOptions
    /// The side of the square to which images are brought for metrics that compare them as they are.
    let resize: Int?
    /// How images are prepared for models that embed; each once.
    let preprocessings: [Preprocessing]
    /// Whether a metric needs the image, and not only its embedding.
    let needsImage: Bool
    /// Whether a metric needs the image that was brought to a square.
    var needsResized: Bool { needsImage && resize != nil }

    /// Reads a file and prepares it.
    func load(_ path: ImagePath) -> PreparedFile {
        let file = PreparedFile(path)
        do {
            var decoded: [DecodingOptions: Image] = [:]
            func decode(_ options: DecodingOptions) throws -> Image {
                if let image = decoded[options] { return image }
                let result = try Timings.measure(.decode) {
                    try Image.decode(contentsOfFile: path.bytes, options: options)
                }
                if decoded.isEmpty { file.warnings = result.info.warnings.map { "\(path): \($0)" } }
                decoded[options] = result.image
                return result.image
            }
            for preprocessing in preprocessings {
                let image = try decode(preprocessing.decoding)
                file.preprocessed.append(Timings.measure(.resize) { preprocessing.applied(to: image) })
            }
            if needsImage {
                let image = try decode(decoding)
                file.image = image
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

    /// Reads the image of a file again, after it was dropped to save memory.
    func reload(_ file: PreparedFile) {
        guard needsImage, file.image == nil, file.failure == nil else { return }
        let again = FilePreparation(decoding: decoding, resize: resize, preprocessings: [], needsImage: true).load(
            file.path)
        (file.image, file.resized, file.failure) = (again.image, again.resized, again.failure)
    }
}

/// A file as metrics need it.
///
/// `@unchecked Sendable`: the thread that reads the file fills it and hands it over; only one thread has it at a time.
final class PreparedFile: @unchecked Sendable {
    let path: ImagePath
    fileprivate(set) var failure: PairFailure?
    fileprivate(set) var image: Image?
    fileprivate(set) var resized: Image?
    fileprivate(set) var preprocessed: [Image] = []
    fileprivate var warnings: [String] = []
    /// One a model, once they are made.
    private(set) var embeddings: [Embedding] = []

    init(_ path: ImagePath) { self.path = path }

    /// The pixels that are held.
    var pixelCount: Int { [image, resized].reduce(0) { $0 + ($1.map { $0.width * $0.height } ?? 0) } }

    /// Keeps embeddings in place of the preprocessed images that they were made from.
    func keep(_ embeddings: [Embedding]) {
        self.embeddings = embeddings
        preprocessed = []
    }

    /// Forgets the image, to save memory.
    func dropImage() { (image, resized) = (nil, nil) }

    /// The warnings, the first time only.
    func takeWarnings() -> [String] {
        defer { warnings = [] }
        return warnings
    }
}
