public import ArgumentParser
public import DreamSimTraining
import Foundation

/// What options are when they are left out, for help texts.
private enum Published {
    static let (lora, ensemble, mlp, full) = (
        TrainingOptions.single, TrainingOptions.ensemble, TrainingOptions.mlp, TrainingOptions.full
    )

    /// A setting by method, such as `(lora: 6 or 8; mlp: 20; full: 8)`.
    static func by(_ setting: (TrainingOptions) -> some Equatable) -> String {
        let (single, ensemble) = (setting(lora), setting(ensemble))
        let both = single == ensemble ? "\(single)" : "\(ensemble) or \(single)"
        return "(lora: \(both); mlp: \(setting(mlp)); full: \(setting(full)))"
    }
}

/// How a model is trained; what is left out is as the published models were trained.
struct TrainingFlags: ParsableArguments {
    @Option(help: "Training method: LoRA, an MLP head, or full fine-tuning.")
    var method: TrainingMethod = .lora

    @Option(help: ArgumentHelp("Number of epochs \(Published.by(\.epochs)).", valueName: "n"))
    var epochs: Int?

    @Option(help: ArgumentHelp("Triplets per step \(Published.by(\.batchSize)).", valueName: "n"))
    var batchSize: Int?

    @Option(help: ArgumentHelp("Learning rate \(Published.by(\.adam.learningRate)).", valueName: "rate"))
    var learningRate: Double?

    @Option(help: ArgumentHelp("Weight decay.", valueName: "share"))
    var weightDecay: Double = 0

    @Option(help: ArgumentHelp("Margin of the hinge loss.", valueName: "distance"))
    var margin = Published.lora.margin

    @Option(help: ArgumentHelp("LoRA rank (\(Published.lora.rank)).", valueName: "r"))
    var rank: Int?

    @Option(help: ArgumentHelp("LoRA: tune only this many of the last blocks.", valueName: "k"))
    var layers: Int?

    @Option(
        help: ArgumentHelp(
            "LoRA alpha (ensembles: \(Published.ensemble.alpha); others: \(Published.lora.alpha)).", valueName: "alpha")
    )
    var alpha: Float?

    @Option(
        help: ArgumentHelp(
            "LoRA dropout (ensembles: \(Published.ensemble.dropout); others: \(Published.lora.dropout)).",
            valueName: "probability"))
    var dropout: Float?

    @Option(help: ArgumentHelp("Hidden units of the MLP head (\(Published.mlp.hiddenWidth)).", valueName: "n"))
    var hidden: Int?

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed = Published.lora.seed

    @Option(help: ArgumentHelp("Stop after this many epochs without improvement.", valueName: "epochs"))
    var patience: Int?

    @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "n"))
    var checkpointEvery: Int = 50

    @Option(
        help: ArgumentHelp(
            "Triplets per forward pass, for gradient accumulation (\(Published.lora.tripletsTogether)).", valueName: "n"
        ))
    var tripletsTogether: Int?

    @Flag(help: "Use activation checkpointing: less memory, more time.")
    var checkpointing = false

    @Flag(help: "Skip and list triplets with unreadable images.")
    var skipUnreadable = false

    @Option(
        help: ArgumentHelp("Folder that caches outputs of frozen layers (default: the cache).", valueName: "dir"),
        completion: .directory)
    var cache: String?

    @Flag(name: .customLong("no-cache"), help: "Do not cache outputs of frozen layers.")
    var keepsNothing = false

    @Option(help: ArgumentHelp("Size limit of the cache folder.", valueName: "GB"))
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
