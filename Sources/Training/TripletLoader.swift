import DreamSim
import Tensors

/// What gives triplets in a given order.
protocol TripletReader {
    /// The next triplets as a batch.
    mutating func next(_ count: Int) throws -> TripletBatch
    /// Ends the reading.
    func cancel()
}

/// Reads triplets of images ahead of their use.
struct TripletLoader: TripletReader {
    private let triplets: [TrainingTriplet]
    private let files: Lookahead<Result<Image, any Error>>
    private var taken = 0

    /// Begins to read.
    init(_ triplets: [TrainingTriplet], for preprocessing: Preprocessing) {
        self.triplets = triplets
        let threads = Parallel.threads
        files = Lookahead(3 * triplets.count, capacity: 48, threads: threads > 1 ? threads : 0) { index in
            let triplet = triplets[index / 3]
            let path = [triplet.reference, triplet.left, triplet.right][index % 3]
            return Result {
                preprocessing.square(
                    try Image.decode(contentsOfFile: path.bytes, options: preprocessing.decoding).image)
            }
        }
    }

    /// The next triplets as a batch.
    /// - Throws: `ImagingError` when a picture cannot be read: what is learnt must not depend on which files happen to be
    ///   readable.
    mutating func next(_ count: Int) throws -> TripletBatch {
        var images: [[Image]] = [[], [], []]
        for _ in 0..<count {
            for role in 0..<3 {
                guard let image = files.next() else { preconditionFailure("more triplets than there are") }
                images[role].append(try image.get())
            }
        }
        defer { taken += count }
        return try TripletBatch(
            references: Tensor(images[0]), left: Tensor(images[1]), right: Tensor(images[2]),
            rightPreferred: triplets[taken..<(taken + count)].map(\.rightPreferred))
    }

    /// Ends the reading.
    func cancel() { files.cancel() }
}
