/// Triplets whose images were looked at before anything is learnt, so that neither their order nor the number of steps
/// depends on what turns out to be unreadable on the way.
struct ReadableTriplets {
    private(set) var training: [TrainingTriplet] = []
    private(set) var validation: [TrainingTriplet] = []
    private(set) var skipped: [SkippedTriplet] = []

    /// Looks at all images.
    /// - Parameters:
    ///   - source: how images are read.
    ///   - skips: whether every image is decoded and triplets with unreadable ones are left out; else images need only
    ///     be there.
    ///   - progress: called with the images that were decoded and their number.
    /// - Throws: `DreamSimError` with `.unreadable`, naming the first triplet with an image that is not there; `.badBatch`
    ///   when no triplet is left to learn from.
    init(
        _ training: [TrainingTriplet], _ validation: [TrainingTriplet], from source: TripletSource, skips: Bool,
        progress: (_ done: Int, _ total: Int) -> Void
    ) throws(DreamSimError) {
        let images = Self.distinct(training + validation)
        let reasons =
            skips
            ? Self.decode(images, source, progress) : images.map { FileKey($0) == nil ? Self.absence($0) : nil }
        var faults: [ImagePath: String] = [:]
        for (path, reason) in zip(images, reasons) { faults[path] = reason }
        if !skips, let triplet = (training + validation).first(where: { $0.images.contains { faults[$0] != nil } }) {
            throw triplet.unreadable(triplet.images.lazy.compactMap { faults[$0] }.first ?? "")
        }
        func readable(_ triplets: [TrainingTriplet], _ role: SkippedTriplet.Role) -> [TrainingTriplet] {
            triplets.filter { triplet in
                guard let reason = triplet.images.lazy.compactMap({ faults[$0] }).first else { return true }
                skipped.append(SkippedTriplet(role: role, place: triplet.place, reason: reason))
                return false
            }
        }
        self.training = readable(training, .training)
        self.validation = readable(validation, .validation)
        guard !self.training.isEmpty else {
            throw DreamSimError(
                .badBatch, "training",
                "none of the \(training.count) triplets can be read; the first: \(skipped.first.map { "\($0)" } ?? "")")
        }
    }

    /// Every image once, in the order of their first use.
    static func distinct(_ triplets: [TrainingTriplet]) -> [ImagePath] {
        var seen: Set<ImagePath> = []
        return triplets.flatMap(\.images).filter { seen.insert($0).inserted }
    }

    private static func absence(_ path: ImagePath) -> String { "\(path): there is no such file" }

    /// What is wrong with each image; nil where nothing is.
    private static func decode(
        _ images: [ImagePath], _ source: TripletSource, _ progress: (Int, Int) -> Void
    ) -> [String?] {
        let files = source.files(images)
        return images.indices.map { index in
            defer { progress(index + 1, images.count) }
            if case .failure(let error)? = files.next() { return "\(error)" }
            return nil
        }
    }
}
