import DreamSim
import Tensors

/// The embeddings of all pictures of a run, made once and kept in memory: what a head learns from.
struct EmbeddedPictures {
    private let rows: [ImagePath: Int]
    /// [pictures, width].
    private let embeddings: Tensor
    /// How many pictures pass the networks at once.
    private static let together = 8

    /// Reads and embeds every picture of some triplets, each once.
    /// - Parameter report: called with the number of pictures that are done, and of all.
    /// - Throws: `ImagingError` when a picture cannot be read; what `report` throws.
    init(
        of triplets: [TrainingTriplet], by model: PerceptualModel, report: (Int, Int) throws -> Void
    ) throws {
        var rows: [ImagePath: Int] = [:]
        var paths: [ImagePath] = []
        for path in triplets.flatMap({ [$0.reference, $0.left, $0.right] }) where rows[path] == nil {
            rows[path] = paths.count
            paths.append(path)
        }
        let (files, preprocessing, threads) = (paths, model.preprocessing, Parallel.threads)
        let squares = Lookahead<Result<Image, any Error>>(
            files.count, capacity: 48, threads: threads > 1 ? threads : 0
        ) { index in
            Result {
                preprocessing.square(
                    try Image.decode(contentsOfFile: files[index].bytes, options: preprocessing.decoding).image)
            }
        }
        defer { squares.cancel() }
        var parts: [Tensor] = []
        for first in stride(from: 0, to: files.count, by: Self.together) {
            let count = min(Self.together, files.count - first)
            let images = try (0..<count).compactMap { _ in try squares.next()?.get() }
            parts.append(model.embed(batch: preprocessing.batch(images)))
            try report(first + count, files.count)
        }
        (self.rows, embeddings) = (rows, Tensor(stacking: parts))
    }

    /// Gives triplets of these pictures.
    func reader(_ triplets: [TrainingTriplet]) -> any TripletReader {
        Reader(pictures: self, triplets: triplets[...])
    }

    /// [N, width].
    private func embeddings(of paths: [ImagePath]) -> Tensor {
        Tensor(
            stacking: paths.map { path in
                guard let row = rows[path] else { preconditionFailure("\(path) was not embedded") }
                return embeddings.images(row..<(row + 1))
            })
    }

    private struct Reader: TripletReader {
        let pictures: EmbeddedPictures
        var triplets: ArraySlice<TrainingTriplet>

        mutating func next(_ count: Int) throws -> TripletBatch {
            let some = triplets.prefix(count)
            triplets = triplets.dropFirst(count)
            return try TripletBatch(
                references: pictures.embeddings(of: some.map(\.reference)),
                left: pictures.embeddings(of: some.map(\.left)), right: pictures.embeddings(of: some.map(\.right)),
                rightPreferred: some.map(\.rightPreferred))
        }

        func cancel() {}
    }
}
