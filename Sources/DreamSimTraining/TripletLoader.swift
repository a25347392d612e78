/// What gives triplets in a given order.
protocol TripletReader {
    /// The next triplets.
    mutating func next(_ count: Int) throws -> TripletInput
    /// Ends the reading.
    func cancel()
}

/// Reads the images of triplets ahead of their use.
struct TripletLoader: TripletReader {
    private let triplets: [TrainingTriplet]
    private let source: TripletSource
    private let files: TripletSource.Files
    private var taken = 0

    /// Begins to read.
    init(_ triplets: [TrainingTriplet], from source: TripletSource) {
        (self.triplets, self.source) = (triplets, source)
        files = source.files(triplets.flatMap(\.images))
    }

    /// The next triplets.
    /// - Throws: `DreamSimError` with `.unreadable` when an image cannot be read: what is learnt must not depend on which
    ///   files happen to be readable.
    mutating func next(_ count: Int) throws -> TripletInput {
        var images: [TripletSource.PreparedImage] = []
        for index in 0..<(3 * count) {
            guard let image = files.next() else { preconditionFailure("more triplets than there are") }
            do {
                images.append(try image.get())
            } catch {
                throw triplets[taken + index / 3].unreadable("\(error)")
            }
        }
        defer { taken += count }
        return try source.input(images, triplets[taken..<(taken + count)].map(\.rightPreferred))
    }

    /// Ends the reading.
    func cancel() { files.cancel() }
}

/// How files become what enters a model.
struct TripletSource: Sendable {
    let preprocessing: Preprocessing
    /// Where what is frozen is kept, if anything is.
    var frozen: FrozenImages?

    /// An image that was read.
    enum PreparedImage: Sendable {
        case preprocessed(Image)
        case frozen(FrozenImages.Prepared)
    }

    /// Reads an image, on any thread.
    /// - Throws: `DreamSimError`.
    func image(_ path: ImagePath) throws -> PreparedImage {
        if let frozen { return .frozen(try frozen.prepare(path)) }
        return .preprocessed(
            preprocessing.applied(
                to: try Image.decode(contentsOfFile: path.bytes, options: preprocessing.decoding).image))
    }

    /// Images that are read ahead of their use, in order; nil after the last.
    typealias Files = Lookahead<Result<PreparedImage, any Error>>

    /// Begins to read images.
    func files(_ paths: [ImagePath]) -> Files {
        let threads = Parallel.threads
        return Files(paths.count, capacity: 48, threads: threads > 1 ? threads : 0) { index in
            Result { try image(paths[index]) }
        }
    }

    /// Joins images, triplet by triplet, with what people preferred.
    func input(_ images: [PreparedImage], _ rightPreferred: [Float]) throws -> TripletInput {
        if let frozen {
            let prepared = images.compactMap { if case .frozen(let prepared) = $0 { prepared } else { nil } }
            return TripletInput(tokens: frozen.tokens(of: prepared), rightPreferred: rightPreferred)
        }
        let preprocessed = images.compactMap { if case .preprocessed(let image) = $0 { image } else { nil } }
        func role(_ role: Int) throws -> Tensor {
            try Tensor(rightPreferred.indices.map { preprocessed[3 * $0 + role] })
        }
        return TripletInput(
            try TripletBatch(
                references: role(0), left: role(1), right: role(2), rightPreferred: rightPreferred))
    }

    /// The embeddings of images by a model that stays as it is, [n, width].
    func embeddings(of images: [PreparedImage], by model: PerceptualModel) -> Tensor {
        if let frozen {
            let prepared = images.compactMap { if case .frozen(let prepared) = $0 { prepared } else { nil } }
            return Tensor(stacking: frozen.rows(of: prepared).map { $0.reshaped([1, model.width]) })
        }
        let preprocessed = images.compactMap { if case .preprocessed(let image) = $0 { image } else { nil } }
        return model.embed(batch: preprocessing.batch(preprocessed))
    }
}
