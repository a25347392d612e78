import ArgumentParser
import DreamSim
import Foundation
import Training

/// How a model is trained; what is left out is as the published models were trained.
struct TrainingFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Passes over all triplets (6 for ensembles, 8 for one backbone).", valueName: "n"))
    var epochs: Int?

    @Option(help: ArgumentHelp("Triplets a step (16 for ensembles, 32 for one backbone).", valueName: "n"))
    var batchSize: Int?

    @Option(help: ArgumentHelp("Adam's learning rate.", valueName: "rate"))
    var learningRate: Double = 3e-4

    @Option(help: ArgumentHelp("Adam's weight decay.", valueName: "share"))
    var weightDecay: Double = 0

    @Option(help: ArgumentHelp("The margin of the hinge loss.", valueName: "distance"))
    var margin: Float = 0.05

    @Option(help: ArgumentHelp("The rank of the updates.", valueName: "r"))
    var rank: Int = 16

    @Option(
        help: ArgumentHelp(
            "Tune only so many of the highest blocks that are read: faster, less memory.", valueName: "k"))
    var layers: Int?

    @Option(help: ArgumentHelp("Updates are multiplied with alpha / r (8 for ensembles, 32).", valueName: "alpha"))
    var alpha: Float?

    @Option(help: ArgumentHelp("Dropout before the updates (0.3 for ensembles, 0.2).", valueName: "chance"))
    var dropout: Float?

    @Option(help: ArgumentHelp("Decides over first values, order and dropout.", valueName: "n"))
    var seed: UInt64 = 1234

    @Option(help: ArgumentHelp("End after so many epochs without a better validation.", valueName: "epochs"))
    var patience: Int?

    @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "n"))
    var checkpointEvery: Int = 50

    @Option(
        help: ArgumentHelp(
            "Gradient accumulation: so many triplets of a batch pass the networks at once, and their gradients are summed. Memory against speed; the result is the same but for rounding.",
            valueName: "n"))
    var tripletsTogether: Int = 2

    @Flag(help: "Compute blocks again on the way back: less memory, more time.")
    var checkpointing = false

    @Flag(help: "Leave out triplets with pictures that cannot be read, and list them; else they are errors.")
    var skipUnreadable = false

    @Option(
        help: ArgumentHelp(
            "With --layers: keep what the frozen blocks give of each picture here, for later epochs and runs. (default: 'frozen' in the cache folder)",
            valueName: "dir"), completion: .directory)
    var cache: String?

    @Flag(name: .customLong("no-cache"), help: "Compute the frozen blocks anew each time.")
    var keepsNothing = false

    @Option(help: ArgumentHelp("The most that the folder of --cache may hold.", valueName: "GB"))
    var cacheLimit: Double = 20

    func validate() throws {
        if keepsNothing, cache != nil { throw ValidationError("--cache and --no-cache exclude each other") }
        guard cacheLimit > 0, cacheLimit <= 1e6 else { throw ValidationError("--cache-limit must be above 0, in GB") }
        guard checkpointEvery > 0 else { throw ValidationError("--checkpoint-every must be 1 or more") }
        if let layers, layers < 1 { throw ValidationError("--layers must be 1 or more") }
        if let patience, patience < 1 { throw ValidationError("--patience must be 1 or more") }
    }

    func options(isEnsemble: Bool) -> TrainingOptions {
        var options = isEnsemble ? TrainingOptions.ensemble : .single
        options.epochs = epochs ?? options.epochs
        options.batchSize = batchSize ?? options.batchSize
        options.alpha = alpha ?? options.alpha
        options.dropout = dropout ?? options.dropout
        (options.rank, options.margin, options.seed) = (rank, margin, seed)
        options.layers = layers
        (options.adam.learningRate, options.adam.weightDecay) = (learningRate, weightDecay)
        (options.tripletsTogether, options.recomputesBlocks) = (tripletsTogether, checkpointing)
        return options
    }

    /// - Parameter home: the folder of everything that is cached.
    func settings(home: URL, data: ImagePath) -> TrainingRun.Settings {
        var settings = TrainingRun.Settings()
        settings.stepsBetweenCheckpoints = checkpointEvery
        settings.patience = patience
        settings.skipsUnreadable = skipUnreadable
        settings.cache = keepsNothing ? nil : cache.map { URL(filePath: $0) } ?? home.appending(path: "frozen")
        settings.cacheLimit = Int(cacheLimit * 1e9)
        settings.data = "\(data)"
        return settings
    }
}
