import DreamSim
import Tensors

/// What gives triplets in a given order.
protocol TripletReader {
    /// The next triplets.
    mutating func next(_ count: Int) throws -> TripletInput
    /// Ends the reading.
    func cancel()
}

/// Reads the pictures of triplets ahead of their use.
struct TripletLoader: TripletReader {
    private let triplets: [TrainingTriplet]
    private let source: TripletSource
    private let files: TripletSource.Files
    private var taken = 0

    /// Begins to read.
    init(_ triplets: [TrainingTriplet], from source: TripletSource) {
        (self.triplets, self.source) = (triplets, source)
        files = source.files(triplets.flatMap(\.pictures))
    }

    /// The next triplets.
    /// - Throws: `TrainingError` with `.unreadable` when a picture cannot be read: what is learnt must not depend on which
    ///   files happen to be readable.
    mutating func next(_ count: Int) throws -> TripletInput {
        var pictures: [TripletSource.Picture] = []
        for index in 0..<(3 * count) {
            guard let picture = files.next() else { preconditionFailure("more triplets than there are") }
            do {
                pictures.append(try picture.get())
            } catch {
                throw triplets[taken + index / 3].unreadable("\(error)")
            }
        }
        defer { taken += count }
        return try source.input(pictures, triplets[taken..<(taken + count)].map(\.rightPreferred))
    }

    /// Ends the reading.
    func cancel() { files.cancel() }
}

/// How files become what enters a model.
struct TripletSource: Sendable {
    let preprocessing: Preprocessing
    /// Where what is frozen is kept, if anything is.
    var frozen: FrozenPictures?

    /// A picture that was read.
    enum Picture: Sendable {
        case square(Image)
        case frozen(FrozenPictures.Prepared)
    }

    /// Reads a picture, on any thread.
    /// - Throws: `ImagingError`.
    func picture(_ path: ImagePath) throws -> Picture {
        if let frozen { return .frozen(try frozen.prepare(path)) }
        return .square(
            preprocessing.square(try Image.decode(contentsOfFile: path.bytes, options: preprocessing.decoding).image))
    }

    /// Pictures that are read ahead of their use, in order; nil after the last.
    typealias Files = Lookahead<Result<Picture, any Error>>

    /// Begins to read pictures.
    func files(_ paths: [ImagePath]) -> Files {
        let threads = Parallel.threads
        return Files(paths.count, capacity: 48, threads: threads > 1 ? threads : 0) { index in
            Result { try picture(paths[index]) }
        }
    }

    /// Joins pictures, triplet by triplet, with what people preferred.
    func input(_ pictures: [Picture], _ rightPreferred: [Float]) throws -> TripletInput {
        if let frozen {
            let prepared = pictures.compactMap { if case .frozen(let prepared) = $0 { prepared } else { nil } }
            return TripletInput(tokens: frozen.tokens(of: prepared), rightPreferred: rightPreferred)
        }
        let squares = pictures.compactMap { if case .square(let image) = $0 { image } else { nil } }
        func role(_ role: Int) throws -> Tensor { try Tensor(rightPreferred.indices.map { squares[3 * $0 + role] }) }
        return TripletInput(
            try TripletBatch(
                references: role(0), left: role(1), right: role(2), rightPreferred: rightPreferred))
    }

    /// The embeddings of pictures by a model that stays as it is, [n, width].
    func embeddings(of pictures: [Picture], by model: PerceptualModel) -> Tensor {
        if let frozen {
            let prepared = pictures.compactMap { if case .frozen(let prepared) = $0 { prepared } else { nil } }
            return Tensor(stacking: frozen.rows(of: prepared).map { $0.reshaped([1, model.width]) })
        }
        let squares = pictures.compactMap { if case .square(let image) = $0 { image } else { nil } }
        return model.embed(batch: preprocessing.batch(squares))
    }
}
