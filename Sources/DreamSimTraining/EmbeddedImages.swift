/// The embeddings of all images of a run, made once and kept in memory: what a head learns from.
struct EmbeddedImages {
    private let rows: [ImagePath: Int]
    /// [images, width].
    private let embeddings: Tensor
    /// How many images pass the networks at once.
    private static let together = 8

    /// Reads and embeds every image of some triplets, each once; those that a cache has are not embedded again.
    /// - Parameter report: called with the number of images that are done, and of all.
    /// - Throws: `DreamSimError` with `.unreadable` when an image cannot be read; what `report` throws.
    init(
        of triplets: [TrainingTriplet], by model: PerceptualModel, from source: TripletSource,
        report: (Int, Int) throws -> Void
    ) throws {
        let paths = ReadableTriplets.distinct(triplets)
        let files = source.files(paths)
        defer { files.cancel() }
        var parts: [Tensor] = []
        for first in stride(from: 0, to: paths.count, by: Self.together) {
            let some = paths[first..<min(first + Self.together, paths.count)]
            let images = try some.map { path in
                guard let image = files.next() else { preconditionFailure("more images than there are") }
                do {
                    return try image.get()
                } catch {
                    guard let triplet = triplets.first(where: { $0.images.contains(path) }) else { throw error }
                    throw triplet.unreadable("\(error)")
                }
            }
            parts.append(source.embeddings(of: images, by: model))
            try report(some.endIndex, paths.count)
        }
        rows = Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, $0) })
        embeddings = Tensor(stacking: parts)
    }

    /// Gives triplets of these images.
    func reader(_ triplets: [TrainingTriplet]) -> any TripletReader {
        Reader(images: self, triplets: triplets[...])
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
        let images: EmbeddedImages
        var triplets: ArraySlice<TrainingTriplet>

        mutating func next(_ count: Int) throws -> TripletInput {
            let some = triplets.prefix(count)
            triplets = triplets.dropFirst(count)
            return TripletInput(
                try TripletBatch(
                    references: images.embeddings(of: some.map(\.reference)),
                    left: images.embeddings(of: some.map(\.left)),
                    right: images.embeddings(of: some.map(\.right)),
                    rightPreferred: some.map(\.rightPreferred)))
        }

        func cancel() {}
    }
}
