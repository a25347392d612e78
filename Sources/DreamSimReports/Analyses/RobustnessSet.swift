import Foundation

/// Different images, each brought to the square at which it is altered and compared.
package struct RobustnessSet: Sendable {
    /// The images, in the order of their files; no two are equal.
    package private(set) var images: [Heatmap.Source] = []
    /// Files whose image is equal, at this size, to one that comes before.
    package private(set) var duplicates: [ImagePath] = []
    /// Files that cannot be read.
    package private(set) var failures: [ComparisonReport.Failure] = []
    /// All files that were found.
    package let files: [ImagePath]
    /// How many of them, being more than the limit, were not read.
    package let leftOut: Int
    /// How images became squares.
    package let preprocessing: Preprocessing

    /// Takes images as they are.
    package init(_ images: [Heatmap.Source], preprocessing: Preprocessing = .standard) {
        (self.preprocessing, files, leftOut) = (preprocessing, images.map(\.path), 0)
        var seen: Set<Image> = []
        for image in images { add(image, &seen) }
    }

    /// Reads the images of folders.
    /// - Parameters:
    ///   - paths: folders, which are searched recursively, or images.
    ///   - preprocessing: how images become squares.
    ///   - limit: the most files that are read, at least 2; of more, so many are drawn by the seed.
    ///   - seed: the random seed.
    ///   - failed: called with each file or folder that cannot be read.
    /// - Throws: `DreamSimError` with `.empty` when no image is found, or fewer than two different ones can be read.
    package init(
        in paths: [ImagePath], preprocessing: Preprocessing = .standard, limit: Int, seed: UInt64,
        failed: (ComparisonReport.Failure) -> Void = { _ in }
    ) throws {
        var failures: [ComparisonReport.Failure] = []
        let found = ImageFinder.expand(paths) { folder, reason in
            failures.append(ComparisonReport.Failure(image: folder, error: "\(folder): \(reason)"))
            failed(failures[failures.count - 1])
        }
        let subject = paths.map(\.description).joined(separator: ", ")
        guard !found.isEmpty else {
            throw DreamSimError(
                .empty, subject,
                "no image was found; looked for are "
                    + ImageFinder.extensions.sorted().map { "." + $0 }.joined(separator: ", "))
        }
        var random = SeededGenerator(state: seed)
        let chosen = found.count > limit ? random.sample(limit, below: found.count).sorted().map { found[$0] } : found
        (self.preprocessing, self.failures) = (preprocessing, failures)
        (files, leftOut) = (found, found.count - chosen.count)
        let threads = PerceptualModel.threads
        let sources = Lookahead(chosen.count, capacity: 2 * threads, threads: threads > 1 ? threads : 0) { index in
            Result {
                let source = try Heatmap.Source(chosen[index], options: preprocessing.decoding)
                return Heatmap.Source(path: source.path, image: preprocessing.applied(to: source.image))
            }
        }
        defer { sources.cancel() }
        var seen: Set<Image> = []
        for path in chosen {
            switch sources.next() {
            case .success(let image): add(image, &seen)
            case .failure(let error):
                self.failures.append(ComparisonReport.Failure(image: path, error: "\(error)"))
                failed(self.failures[self.failures.count - 1])
            case nil: break
            }
        }
        guard images.count > 1 else {
            throw DreamSimError(
                .empty, subject,
                "has \(images.isEmpty ? "no image that can be read" : "one image that can be read, or several that are equal"); "
                    + "give at least two different ones")
        }
    }

    private mutating func add(_ image: Heatmap.Source, _ seen: inout Set<Image>) {
        if seen.insert(image.image).inserted { images.append(image) } else { duplicates.append(image.path) }
    }
}
