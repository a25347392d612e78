public import Foundation

extension TrainingRun {
    /// Begins a run on votes, or takes up the one in the folder.
    /// - Parameters:
    ///   - folder: where everything is kept; made when it is not there.
    ///   - name: a model of the catalog or the path of a description. It is tuned from its backbones, without its adapter.
    ///   - votes: triplets with people's votes; items of other kinds are left out.
    ///   - validation: what each epoch is judged by; without it, the last result is the best.
    ///   - options: the settings; those of a run that is taken up must be the same.
    ///   - settings: what does not bear on single steps.
    ///   - store: where weights lie and whether they may be fetched; the environment's when nil.
    ///   - report: called with the progress of downloads and with notes, from any thread.
    /// - Throws: `DreamSimError`: `.badSetting`, `.badCheckpoint` for a folder of another run, `.badBatch` without
    ///   triplets, and what loading a model throws.
    public static func open(
        at folder: URL, model name: String, votes: JudgedSet, validation: JudgedSet? = nil,
        options: TrainingOptions = .single, settings: Settings = Settings(), store: ModelStore.Configuration? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> TrainingRun {
        let loading = PerceptualModel.LoadingOptions(
            store: try store ?? .fromEnvironment(), isNormalized: false)
        guard
            case .description(let description) = try await Catalog.found(
                name, in: ModelStore(loading.store), report: report)
        else {
            throw DreamSimError(
                .badSetting, name, "is a merged model; name the model that it was made of")
        }
        let model = try await PerceptualModel.load(description.untuned, options: loading, report: report)
        return try await OwnThread.run("dreamsim-training") { _ in
            try TrainingRun(
                model, options, training: TrainingTriplet.all(in: votes),
                validation: validation.map(TrainingTriplet.all(in:)) ?? [], folder: folder, settings: settings)
        }
    }

    /// Trains to the end, and gives what happens on the way.
    ///
    /// The work begins at once, on a thread of its own. When the task that reads the events is cancelled, or nobody
    /// reads them any more, a checkpoint is written after the current step; `open` takes the run up again from there.
    /// - Throws: while it is read, `DreamSimError`: `.unreadable` for an image, `.diverged`, `.unwritable`.
    public func events() -> AsyncThrowingStream<Event, any Error> {
        OwnThread.events("dreamsim-training") { [self] emit, cancellation in
            try running.withLock {
                do {
                    try run { event in
                        emit(event)
                        if cancellation.isSet { throw CancellationError() }
                    }
                } catch is CancellationError {
                    try save()
                }
            }
        }
    }

    /// Loads the best result, ready to compare images.
    /// - Parameter options: folders and settings; the environment's when nil. Its head is ignored.
    /// - Throws: `DreamSimError`: `.missing` and the like before the first epoch has ended.
    public func best(options: PerceptualModel.LoadingOptions? = nil) async throws -> PerceptualModel {
        var options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
        let (method, description) = (trainer.options.method, trainer.model.description)
        let place = method.place(.best, in: folder)
        options.head = method == .mlp ? place : nil
        return switch method {
        case .lora: try await PerceptualModel.load(description.adapted(by: place), options: options)
        case .mlp: try await PerceptualModel.load(description, options: options)
        case .full: try await PerceptualModel.load(place.path, options: options)
        }
    }
}
