import ArgumentParser
import DreamSim
import Foundation

struct ModelsCalibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate", abstract: "Measure a model's activations for --precision int8.",
        discussion: """
            Notes the largest inputs of every linear layer over the images of a folder, a few hundred of the sort that the model \
            is to see. From then on --precision int8 divides them between inputs and weights before it rounds (SmoothQuant), \
            which makes its errors smaller. 'dreamsim models precision' says by how much. Embeddings with and without a \
            calibration are not compared.

            EXAMPLES
              dreamsim models calibrate vits14-focus photos/
              dreamsim models calibrate vits14-focus --remove
            """)

    @Argument(help: "Model name, or description (.json).", completion: .list(Catalog.all.map(\.name)))
    var name: String

    @Argument(help: "Images, and folders of images.")
    var images: [ImagePath] = []

    @Option(help: ArgumentHelp("Images to use at most; of more, a random sample.", valueName: "n"))
    var limit: Int = 300

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Flag(help: "Remove the calibration.")
    var remove = false

    /// Below this it is said that more would be better.
    private static let fewImages = 20

    @OptionGroup var batch: BatchOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var threads: ThreadOptions

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 100000") }
        guard remove != !images.isEmpty else {
            throw ValidationError(remove ? "--remove takes no images" : "name images, or folders of images")
        }
    }

    func run() async throws {
        threads.apply()
        let (configuration, isQuiet) = (try store.configuration(), quiet)
        _ = try ModelsPrecision.description(name, in: ModelStore(try store.configuration()))
        let model = try await PerceptualModel.load(
            name, options: PerceptualModel.LoadingOptions(store: configuration)
        ) { event in
            if case .note(let text) = event, !isQuiet { Terminal.note(text) }
            if case .standIn(let text) = event { Terminal.note(text) }
        }
        let url = ModelCalibration.url(of: model.stamp.weights, in: ModelStore(configuration))
        guard !remove else {
            guard FileManager.default.fileExists(atPath: url.path) else {
                throw DreamSimError(.missing, model.stamp.model, "has no calibration; there is nothing to remove")
            }
            try ModelCalibration.retire(model.stamp.weights, in: ModelStore(configuration))
            if !isQuiet { Terminal.note("--precision int8 takes no calibration from now on") }
            return
        }
        let progress = LateProgressLine(unit: "images", isQuiet: isQuiet)
        let calibration = try ModelCalibration(
            model, over: images, limit: limit, seed: seed, batch: batch.size, progress: progress.show
        ) {
            if !isQuiet { Terminal.note("left out: \($0)") }
        }
        progress.clear()
        if FileManager.default.fileExists(atPath: url.path) {
            try ModelCalibration.retire(model.stamp.weights, in: ModelStore(configuration))
        }
        try calibration.write(to: url)
        guard !isQuiet else { return }
        if calibration.images < Self.fewImages {
            Terminal.note("only \(calibration.images) images; a few hundred say more of what the model will see")
        }
        Terminal.note(
            "--precision int8 now takes \(url.path); indexes that were made in int8 before keep what they were made with"
        )
    }
}
