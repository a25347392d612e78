public import ArgumentParser
import DreamSim
public import DreamSimTraining
import Foundation

/// How a model is trained; what is left out is as the published models were trained.
struct TrainingFlags: ParsableArguments {
    @Option(help: "What is learnt: low-rank updates of attention, a head on frozen backbones, or every weight.")
    var method: TrainingMethod = .lora

    @Option(
        help: ArgumentHelp("Passes over all triplets (lora: 6 for ensembles, 8; mlp: 20; full: 8).", valueName: "n"))
    var epochs: Int?

    @Option(help: ArgumentHelp("Triplets a step (lora: 16 for ensembles, 32; mlp: 512; full: 32).", valueName: "n"))
    var batchSize: Int?

    @Option(help: ArgumentHelp("Adam's learning rate (lora, mlp: 3e-4; full: 1e-5).", valueName: "rate"))
    var learningRate: Double?

    @Option(help: ArgumentHelp("Adam's weight decay.", valueName: "share"))
    var weightDecay: Double = 0

    @Option(help: ArgumentHelp("The margin of the hinge loss.", valueName: "distance"))
    var margin: Float = 0.05

    @Option(help: ArgumentHelp("lora: the rank of the updates (16).", valueName: "r"))
    var rank: Int?

    @Option(
        help: ArgumentHelp(
            "lora: tune only so many of the highest blocks that are read: faster, less memory.", valueName: "k"))
    var layers: Int?

    @Option(
        help: ArgumentHelp("lora: updates are multiplied with alpha / r (8 for ensembles, 32).", valueName: "alpha"))
    var alpha: Float?

    @Option(help: ArgumentHelp("lora: dropout before the updates (0.3 for ensembles, 0.2).", valueName: "chance"))
    var dropout: Float?

    @Option(help: ArgumentHelp("mlp: the units between the head's two layers (512).", valueName: "n"))
    var hidden: Int?

    @Option(help: ArgumentHelp("Decides over first values, order and dropout.", valueName: "n"))
    var seed: UInt64 = 1234

    @Option(help: ArgumentHelp("End after so many epochs without a better validation.", valueName: "epochs"))
    var patience: Int?

    @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "n"))
    var checkpointEvery: Int = 50

    @Option(
        help: ArgumentHelp(
            "lora, full: gradient accumulation: so many triplets of a batch pass the networks at once (2), and their gradients are summed. Memory against speed; the result is the same but for rounding.",
            valueName: "n"))
    var tripletsTogether: Int?

    @Flag(help: "lora, full: compute blocks again on the way back: less memory, more time.")
    var checkpointing = false

    @Flag(help: "Leave out triplets with images that cannot be read, and list them; else they are errors.")
    var skipUnreadable = false

    @Option(
        help: ArgumentHelp(
            "With --layers or --method mlp: keep what the frozen part gives of each image here, for later epochs and runs. (default: 'frozen' in the cache folder)",
            valueName: "dir"), completion: .directory)
    var cache: String?

    @Flag(name: .customLong("no-cache"), help: "Compute the frozen part anew each time.")
    var keepsNothing = false

    @Option(help: ArgumentHelp("The most that the folder of --cache may hold.", valueName: "GB"))
    var cacheLimit: Double = 20

    func validate() throws {
        if keepsNothing, cache != nil { throw ValidationError("--cache and --no-cache exclude each other") }
        guard cacheLimit > 0, cacheLimit <= 1e6 else { throw ValidationError("--cache-limit must be above 0, in GB") }
        guard checkpointEvery > 0 else { throw ValidationError("--checkpoint-every must be 1 or more") }
        if let layers, layers < 1 { throw ValidationError("--layers must be 1 or more") }
        if let patience, patience < 1 { throw ValidationError("--patience must be 1 or more") }
        let own: [(option: String, isGiven: Bool, methods: [TrainingMethod])] = [
            ("--rank", rank != nil, [.lora]), ("--alpha", alpha != nil, [.lora]),
            ("--dropout", dropout != nil, [.lora]), ("--layers", layers != nil, [.lora]),
            ("--hidden", hidden != nil, [.mlp]), ("--triplets-together", tripletsTogether != nil, [.lora, .full]),
            ("--checkpointing", checkpointing, [.lora, .full]),
        ]
        for (option, isGiven, methods) in own where isGiven && !methods.contains(method) {
            throw ValidationError(
                "\(option) is of --method \(methods.map(\.rawValue).joined(separator: " and ")), not of \(method.rawValue)"
            )
        }
    }

    func options(isEnsemble: Bool) -> TrainingOptions {
        var options: TrainingOptions =
            switch method {
            case .lora: isEnsemble ? .ensemble : .single
            case .mlp: .mlp
            case .full: .full
            }
        options.epochs = epochs ?? options.epochs
        options.batchSize = batchSize ?? options.batchSize
        options.alpha = alpha ?? options.alpha
        options.dropout = dropout ?? options.dropout
        options.rank = rank ?? options.rank
        options.hiddenWidth = hidden ?? options.hiddenWidth
        (options.margin, options.seed) = (margin, seed)
        options.layers = layers
        options.adam.learningRate = learningRate ?? options.adam.learningRate
        options.adam.weightDecay = weightDecay
        options.tripletsTogether = tripletsTogether ?? options.tripletsTogether
        options.recomputesBlocks = checkpointing
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

extension TrainingMethod: ExpressibleByArgument {}
