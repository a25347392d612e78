public import Foundation

/// A folder that holds the embeddings of images, to be searched and kept up to date.
///
/// ```swift
/// let index = try await ImageIndex.open(at: url, model: "lite")
/// for try await event in index.update(from: [photos]) { print(event) }
/// for hit in try await index.search(Image(contentsOf: query), count: 10) { print(hit.file.path, hit.distance) }
/// ```
///
/// Any number of tasks may use it. A search sees the index as it was when the search began.
public final class ImageIndex: Sendable {
    /// The index's folder.
    public let folder: URL
    /// What embeds the images.
    public let model: any EmbeddingMetric
    private let settings: IndexSettings
    package let store: ModelStore
    private let updating = NSLock()

    private init(_ folder: URL, _ model: any EmbeddingMetric, _ settings: IndexSettings, _ store: ModelStore) {
        (self.folder, self.model, self.settings, self.store) = (folder, model, settings, store)
    }

    /// Opens an index, or makes an empty one where there is none.
    /// - Parameters:
    ///   - folder: the index's own folder: new, empty, or one that holds an index.
    ///   - name: the model, as `PerceptualModel.load` takes it, or another metric of the catalog that embeds. For an index that is there, nil stands for its own model.
    ///   - precision: how embeddings are kept; of an index that is there, nil stands for its own way, otherwise for float16.
    ///   - options: how the model is set up; settings that are as they are when nothing is said are the index's own. The
    ///     environment's when nil.
    ///   - report: called with the progress of downloads and with notes, from any thread.
    /// - Throws: `DreamSimError`: `.incompatible` for another model, setup or precision than the index's, `.damaged`, `.newerVersion`,
    ///   `.locked`, and what loading a model throws.
    public static func open(
        at folder: URL, model name: String? = nil, precision: VectorPrecision? = nil,
        options: PerceptualModel.LoadingOptions? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> ImageIndex {
        let options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
        let choice = ModelChoice(source: name)
        let store = ModelStore(options.store)
        if let made = try IndexReader.settings(of: folder) {
            if let precision { try made.check(precision, index: folder) }
            let model = try await made.loadModel(choice, options: made.loadingOptions(options), report: report)
            try made.check(model.stamp, index: folder)
            return ImageIndex(folder, model, made, store)
        }
        let model = try await IndexSettings.load(name ?? Catalog.defaultModel, options: options, report: report)
        let settings = try IndexSettings(
            model, choice: ModelChoice(source: name, head: options.head), store: store,
            precision: precision ?? .float16)
        _ = try IndexWriter(folder, settings: settings)
        return ImageIndex(folder, model, settings, store)
    }

    /// The number of image files in the index, copies among them.
    /// - Throws: `DreamSimError` when the index cannot be read.
    public var count: Int {
        get throws { try IndexReader(folder).count() }
    }

    /// Brings the index up to date with folders and files: new and changed images are embedded, moved ones recognized by
    /// their content, and those that are gone dropped. Images that cannot be read are events, not errors.
    ///
    /// The work begins at once, on a thread of its own. When the task that reads the events is cancelled, or nobody
    /// reads them any more, what is done is written and the update ends; the next one resumes from there, and waits for
    /// an earlier one of this object to end. The last event is `.finished`.
    /// - Parameters:
    ///   - roots: folders, searched recursively, and image files.
    ///   - options: what is passed over, and the like.
    /// - Throws: while it is read, `DreamSimError`: `.locked` when another process writes the index, `.unwritable` for a
    ///   full disk and the like.
    public func update(
        from roots: [URL], options: IndexingOptions = IndexingOptions()
    ) -> AsyncThrowingStream<IndexingEvent, any Error> {
        OwnThread.events("dreamsim-index") { [self] emit, cancellation in
            let report = try update(
                roots.map(ImagePath.init(url:)), options, isCancelled: { cancellation.isSet }, report: emit)
            emit(.finished(report))
        }
    }

    /// The same on the caller's thread.
    /// - Parameters:
    ///   - isCancelled: asked before each batch; once true, what is done is written and the update ends.
    ///   - report: told of events but the last.
    package func update(
        _ roots: [ImagePath], _ options: IndexingOptions, isCancelled: () -> Bool,
        report: @escaping (IndexingEvent) -> Void
    ) throws -> IndexingReport {
        try updating.withLock {
            let writer = try IndexWriter(folder, settings: settings)
            writer.notes.forEach { report(.note($0)) }
            if options.rereads {
                let damaged = try writer.verify()
                if damaged > 0 { report(.note("\(damaged) vectors were damaged and are embedded again")) }
            }
            return try writer.update(roots, with: model, options: options, isCancelled: isCancelled, report: report)
        }
    }

    /// Finds the images that are most similar to one.
    /// - Parameters:
    ///   - image: the query; it need not be in the index.
    ///   - count: how many are wanted, at least 1.
    ///   - filter: which files may be found.
    ///   - method: how they are found.
    /// - Returns: the most similar first; equal distances in the order of their paths.
    /// - Throws: `DreamSimError`: `.badRequest` for a count below 1, `.damaged` when a vector has changed, `.missing` for
    ///   an approximate search without a graph.
    public func search(
        _ image: Image, count: Int = 10, where filter: SearchFilter = SearchFilter(), method: SearchMethod = .exact
    ) async throws -> [SearchHit] {
        try await OwnThread.run("dreamsim-search") { [self] _ in
            let query = try SearchQuery(vector: model.embed(image).finite().values)
            return try IndexReader(folder).search([query], count: count, filter: filter, method: method)[0]
        }
    }

    /// Finds groups of images that are copies of each other, or nearly so.
    /// - Parameter tier: the loosest kind of copy that is looked for. Copies are found by perceptual hashes, and by the model's
    ///   distance where it is calibrated, as `lite` and `vits14-focus` are.
    /// - Throws: `DreamSimError` with `.damaged` when a vector has changed, `.badRequest` for the tier `scene` of a model that is
    ///   not calibrated, and the like.
    public func duplicates(_ tier: DuplicateTier = .near) async throws -> DuplicateReport {
        try await OwnThread.run("dreamsim-duplicates") { [folder, store] _ in
            let reader = try IndexReader(folder)
            let thresholds = try reader.duplicateThresholds(for: tier, in: store)
            return try reader.duplicates(DuplicateOptions(tier: tier, thresholds: thresholds))
        }
    }
}

extension ImagePath {
    /// The path of a file's URL, with bytes that are not UTF-8 as they are.
    package init(url: URL) {
        self.init(
            bytes: url.withUnsafeFileSystemRepresentation { path in
                path.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? []
            })
    }
}

extension SearchFilter {
    /// Files below a folder, at any depth.
    public static func inFolder(_ folder: URL) -> SearchFilter {
        var filter = SearchFilter()
        filter.folders = [ImagePath(url: folder)]
        return filter
    }
}
