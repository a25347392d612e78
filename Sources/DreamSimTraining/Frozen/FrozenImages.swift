import Foundation
import Synchronization

/// Images as they enter what is tuned: what the frozen blocks below make of them, from the cache or computed.
///
/// Every thread may prepare images; one at a time computes.
final class FrozenImages: Sendable {
    private let model: PerceptualModel
    private let cache: FrozenCache
    private let content: Content
    /// The shapes of what a row holds: for each network that of an image's tokens [T, C], or that of an embedding.
    private let shapes: [Shape]
    /// What the files held when they were last read, so that each need be read once.
    private let known = Mutex<[FileKey: FrozenCache.Key]>([:])

    /// What is frozen.
    enum Content {
        /// The blocks below some, for each network one above zero: rows are the tokens that enter these.
        case tokens(entering: [Int])
        /// The whole model: rows are embeddings.
        case embeddings
    }

    /// An image that was read.
    enum Prepared {
        /// All that is below what is tuned, one network's tokens after the other's.
        case row(Tensor)
        /// The image as the model takes it, whose row is not there yet.
        case preprocessed(Image, FrozenCache.Key)
    }

    /// Opens the cache.
    /// - Parameters:
    ///   - content: what is frozen.
    ///   - folder: where caches lie.
    ///   - limit: the most bytes of the folder.
    ///   - images: the number of distinct images.
    /// - Throws: `DreamSimError` with `.unwritable`.
    init(
        _ model: PerceptualModel, _ content: Content, folder: URL, limit: Int, images: Int
    ) throws(DreamSimError) {
        (self.model, self.content) = (model, content)
        let (blocks, name): ([Int], String)
        switch content {
        case .tokens(let entered):
            let names = Set(entered).sorted().map(String.init).joined(separator: ", ")
            (blocks, shapes, name) = (entered, model.tokenShapes, "tokens that enter block \(names)")
        case .embeddings: (blocks, shapes, name) = ([], [[model.width]], "embeddings")
        }
        cache = try FrozenCache(
            FrozenCache.Identity(
                content: name, blocks: blocks, model: model.stamp, kernels: Processor.kernels,
                width: shapes.reduce(0) { $0 + $1.count }),
            in: folder, limit: limit, images: images)
    }

    /// Where the cache lies.
    var path: String { cache.url.path }

    /// What happened that people should know, each once.
    func takeNotes() -> [String] { cache.takeNotes() }

    /// Reads an image, on any thread.
    /// - Throws: `DreamSimError`.
    func prepare(_ path: ImagePath) throws -> Prepared {
        let state = FileKey(path)
        if let state, let key = known.withLock({ $0[state] }), let row = cache.row(key) { return .row(row) }
        let decoding = model.preprocessing.decoding
        let bytes = try RegularFile.read(rawPath: path.bytes, byteLimit: decoding.byteLimit)
        let key = SHA256Digest.bytes(of: bytes)
        if let state { known.withLock { $0[state] = key } }
        if let row = cache.row(key) { return .row(row) }
        let image = try Image.decode(bytes, name: "\(path)", options: decoding).image
        return .preprocessed(model.preprocessing.applied(to: image), key)
    }

    /// The tokens of images, in their order.
    /// - Returns: for each network [N, T, C].
    func tokens(of images: [Prepared]) -> [Tensor] { split(rows(of: images)) }

    /// The rows of images, in their order.
    func rows(of images: [Prepared]) -> [Tensor] {
        var computed: [FrozenCache.Key: Tensor] = [:]
        var missing: [(image: Image, key: FrozenCache.Key)] = []
        for case .preprocessed(let image, let key) in images where !missing.contains(where: { $0.key == key }) {
            missing.append((image, key))
        }
        for first in stride(from: 0, to: missing.count, by: Self.together) {
            let some = missing[first..<min(first + Self.together, missing.count)]
            let batch = model.preprocessing.batch(some.map(\.image))
            let parts =
                switch content {
                case .tokens(let blocks): model.tokens(of: batch, entering: blocks)
                case .embeddings: [model.embed(batch: batch)]
                }
            for (n, entry) in some.enumerated() {
                let row = joined(parts.map { $0.images(n..<(n + 1)) })
                cache.add(row, for: entry.key)
                computed[entry.key] = row
            }
        }
        return images.map { image -> Tensor in
            switch image {
            case .row(let row): return row
            case .preprocessed(_, let key):
                guard let row = computed[key] else { preconditionFailure("an image without a row") }
                return row
            }
        }
    }

    /// Images that pass the frozen blocks together; what they give does not depend on it.
    private static let together = 8

    private func joined(_ parts: [Tensor]) -> Tensor {
        guard parts.count > 1 else { return parts[0].reshaped([parts[0].count]) }
        return Tensor(parts.flatMap(\.values), shape: [parts.reduce(0) { $0 + $1.count }])
    }

    private func split(_ rows: [Tensor]) -> [Tensor] {
        var start = 0
        return shapes.map { shape in
            defer { start += shape.count }
            return Tensor(uninitialized: Shape([rows.count] + shape.dimensions)) { target in
                for (n, row) in rows.enumerated() {
                    row.withUnsafeBufferPointer { source in
                        target.baseAddress!.advanced(by: n * shape.count).update(
                            from: source.baseAddress! + start, count: shape.count)
                    }
                }
            }
        }
    }
}
