import DreamSimCheckpoints
public import Foundation

extension SetVectors {
    /// Reads embeddings that were saved: a `.npy` file [N, D] of float16, float32 or float64, with the names of its images and
    /// its model where `FILE.npy.json` lies beside it, as `EmbeddingFile` writes both.
    /// - Throws: `DreamSimError`: `.unreadable`, `.malformed` for a broken file; `.mismatch` for another shape or type, or a file
    ///   beside it that is of other rows; `.badValue` for a NaN.
    public init(contentsOf url: URL) throws {
        let checkpoint = try Checkpoint(contentsOf: url)
        guard checkpoint.format == .numpyArray, let stored = checkpoint["array"] else {
            throw DreamSimError(.unsupported, url.path, "is no .npy file; save the embeddings with numpy.save")
        }
        guard stored.shape.rank == 2, stored.shape[1] > 0 else {
            throw DreamSimError(.mismatch, url.path, "has shape \(stored.shape); save one row an image, [N, D]")
        }
        guard [.float16, .float32, .float64].contains(stored.elementType) else {
            throw DreamSimError(
                .mismatch, url.path, "holds \(stored.elementType.rawValue); save embeddings as float32 or float64")
        }
        let beside = try Beside(of: url)
        if let images = beside?.images, images.count != stored.shape[0] {
            throw DreamSimError(
                .mismatch, url.path,
                "has \(stored.shape[0]) rows where \(url.lastPathComponent).json names \(images.count) images; "
                    + "embed the images again, or remove that file")
        }
        let images = beside?.images.map { $0.map { ImagePath($0) } } ?? []
        if stored.elementType == .float64 {
            try self.init(
                doubles: stored.loadDoubles(), width: stored.shape[1], name: url.path, images: images,
                stamp: beside?.model)
        } else {
            try self.init(stored.load(), name: url.path, images: images, stamp: beside?.model)
        }
    }

    /// What stands beside a file of numbers.
    private struct Beside: Decodable {
        var images: [String]?
        var model: ModelStamp?

        init?(of url: URL) throws {
            let file = url.appendingPathExtension("json")
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            do {
                self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
            } catch {
                throw DreamSimError(
                    .malformed, file.path,
                    "does not say which images \(url.lastPathComponent) is of; write both again, or remove this file")
            }
        }
    }

    /// Embeds image files. Those that cannot be read are left out, and stand in `failures`.
    /// - Parameters:
    ///   - files: the images.
    ///   - model: what embeds them.
    ///   - name: what the set is called.
    ///   - batch: images that pass the networks together.
    ///   - each: called with each file's outcome, in their order. An error that it throws ends the work.
    /// - Throws: `DreamSimError` with `.empty` when no image can be read.
    /// - Complexity: memory of 4 bytes for each component of each image.
    public init(
        files: [ImagePath], with model: any EmbeddingMetric, name: String, batch: Int = 8,
        each: (FileOutcome) throws -> Void = { _ in }
    ) throws {
        var (values, images): ([Float], [ImagePath]) = ([], [])
        var failures: [ComparisonReport.Failure] = []
        values.reserveCapacity(files.count * model.width)
        try model.embed(files: files, batch: batch) { outcome in
            switch outcome.result {
            case .success(let embedding):
                values += embedding.values
                images.append(outcome.path)
            case .failure(let error):
                failures.append(ComparisonReport.Failure(image: outcome.path, error: "\(error)"))
            }
            try each(outcome)
        }
        guard !images.isEmpty else {
            throw DreamSimError(
                .empty, name,
                failures.first.map { "none of its \(files.count) images can be read; the first: \($0.error)" }
                    ?? "holds no image")
        }
        try self.init(
            Tensor(values, shape: [images.count, model.width]), name: name, images: images, failures: failures,
            stamp: model.stamp)
    }

    /// Checks that two sets can be compared.
    func check(with other: SetVectors) throws(DreamSimError) {
        try SetStatistics.check((name, width, stamp), (other.name, other.width, other.stamp))
    }

    /// Checks that there are as many rows as a score needs.
    func check(atLeast least: Int, for what: String) throws(DreamSimError) {
        guard count >= least else {
            throw DreamSimError(
                .empty, name,
                "has \(count) \(count == 1 ? "image" : "images"); \(what) needs at least \(least)")
        }
    }
}
