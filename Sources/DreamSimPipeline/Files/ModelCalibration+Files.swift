extension ModelCalibration {
    /// Looks at the images of folders.
    /// - Parameters:
    ///   - model: in float32.
    ///   - paths: images, and folders, which are searched recursively.
    ///   - limit: the most files that are read; of more, so many are drawn by the seed.
    ///   - batch: the images of a forward pass.
    ///   - progress: called with the files that are done, and all.
    ///   - failed: called with why a file or folder is left out.
    /// - Throws: `DreamSimError` with `.empty` when no image can be read.
    package init(
        _ model: PerceptualModel, over paths: [ImagePath], limit: Int, seed: UInt64, batch: Int,
        progress: (Int, Int) -> Void = { _, _ in }, failed: (String) -> Void = { _ in }
    ) throws {
        var files = ImageFinder.expand(paths) { folder, reason in failed("\(folder): \(reason)") }
        if files.count > limit {
            var random = SeededGenerator(state: seed)
            files = random.sample(limit, below: files.count).sorted().map { files[$0] }
        }
        let (chosen, preprocessing) = (files, model.preprocessing)
        let threads = Parallel.threads
        let images = Lookahead(chosen.count, capacity: 2 * batch, threads: threads > 1 ? threads : 0) { index in
            Result {
                preprocessing.applied(
                    to: try Image.decode(contentsOfFile: chosen[index].bytes, options: preprocessing.decoding).image)
            }
        }
        defer { images.cancel() }
        var done = 0
        self.init(model, weights: model.stamp.weights) {
            var together: [Image] = []
            while together.count < batch, let image = images.next() {
                done += 1
                switch image {
                case .success(let image): together.append(image)
                case .failure(let error): failed("\(error)")
                }
            }
            progress(done, chosen.count)
            return together.isEmpty ? nil : together
        }
        guard self.images > 0 else {
            throw DreamSimError(
                .empty, paths.map(\.description).joined(separator: ", "), "holds no image that can be read")
        }
    }
}
