/// How a model is tuned. The defaults are those with which the published models were trained.
public struct TrainingOptions: Hashable, Sendable, Codable {
    /// What of the model is learnt.
    public var method = TrainingMethod.lora
    /// r, the rank of the updates of every block's queries, keys and values.
    public var rank = 16
    /// How many blocks have updates, counted from the highest that is read; nil for all. Those below are frozen: they
    /// are neither recorded nor gone back through.
    public var layers: Int?
    /// H, the units between the layers of a head.
    public var hiddenWidth = 512
    /// Updates are multiplied with alpha / r.
    public var alpha: Float
    /// The probability with which dropout zeroes an element of an update's input in a training step.
    public var dropout: Float
    /// Triplets a step.
    public var batchSize: Int
    /// Passes over all triplets.
    public var epochs: Int
    /// How much nearer the preferred image must be before a triplet costs nothing.
    public var margin: Float = 0.05
    /// The optimizer's settings.
    public var adam = Adam.Settings()
    /// Decides over the first values of the updates, the order of triplets and dropout.
    public var seed: UInt64 = 1234
    /// Triplets that pass the networks together; memory grows with them, the result does not depend on them but for
    /// rounding.
    public var tripletsTogether = 2
    /// Activation checkpointing: whether to keep only the input of each block and to recompute the rest in the backward
    /// pass, a quarter more time for about an eighth of the memory.
    public var recomputesBlocks = false

    /// Sets what differs between the published models.
    public init(alpha: Float, dropout: Float, batchSize: Int, epochs: Int) {
        self.alpha = alpha
        self.dropout = dropout
        self.batchSize = batchSize
        self.epochs = epochs
    }

    /// As the published ensemble was trained.
    public static let ensemble = TrainingOptions(alpha: 8, dropout: 0.3, batchSize: 16, epochs: 6)
    /// As the published models of one backbone were.
    public static let single = TrainingOptions(alpha: 32, dropout: 0.2, batchSize: 32, epochs: 8)

    /// Low-rank updates of a model of one backbone.
    /// - Parameter rank: r, from 1 to 4096.
    public static func lora(rank: Int) -> TrainingOptions {
        var options = single
        options.rank = rank
        return options
    }

    /// As the reference trains a head on frozen backbones.
    public static let mlp: TrainingOptions = {
        var options = TrainingOptions(alpha: 32, dropout: 0, batchSize: 512, epochs: 20)
        options.method = .mlp
        // No images but embeddings pass the head.
        options.tripletsTogether = 512
        return options
    }()

    /// All weights with the batches of one backbone. There is no published setting; the learning rate is one that suits
    /// weights that were learnt already.
    public static let full: TrainingOptions = {
        var options = TrainingOptions(alpha: 32, dropout: 0, batchSize: 32, epochs: 8)
        options.method = .full
        options.adam.learningRate = 1e-5
        return options
    }()

    /// The blocks of each of a model's networks that have updates.
    func tunedBlocks(_ model: PerceptualModel) -> [Range<Int>] {
        model.description.transformers.map { part in
            guard let layers else { return 0..<part.configuration.depth }
            let top = part.feature.block.map { $0 + 1 } ?? part.configuration.depth
            return max(0, top - layers)..<top
        }
    }

    /// Checks every setting.
    /// - Throws: `DreamSimError` with `.badSetting`.
    func check() throws(DreamSimError) {
        let faults: [(Bool, String, String)] = [
            ((1...4096).contains(rank), "rank \(rank)", "must be from 1 to 4096"),
            (layers.map { $0 > 0 } ?? true, "layers \(layers ?? 0)", "must be 1 or more"),
            (
                layers == nil || method == .lora, "layers \(layers ?? 0)",
                "are those of low-rank updates (lora); the method is \(method.rawValue)"
            ),
            (
                dropout == 0 || method == .lora, "dropout \(dropout)",
                "comes before low-rank updates (lora); the method is \(method.rawValue)"
            ),
            ((1...65536).contains(hiddenWidth), "hidden width \(hiddenWidth)", "must be from 1 to 65536"),
            (alpha.isFinite && alpha > 0, "alpha \(alpha)", "must be above zero"),
            ((0..<1).contains(dropout), "dropout \(dropout)", "must be at least 0 and below 1"),
            ((1...65536).contains(batchSize), "batch size \(batchSize)", "must be from 1 to 65536"),
            ((1...100_000).contains(epochs), "epochs \(epochs)", "must be from 1 to 100000"),
            (margin.isFinite && margin >= 0, "margin \(margin)", "must be zero or above"),
            ((1...1024).contains(tripletsTogether), "triplets together \(tripletsTogether)", "must be from 1 to 1024"),
        ]
        if let fault = faults.first(where: { !$0.0 }) { throw DreamSimError(.badSetting, fault.1, fault.2) }
        try adam.check()
    }
}

extension TrainingOptions {
    /// Reads the options of a run, also of one that was begun before there were other methods than low-rank updates.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            alpha: try values.decode(Float.self, forKey: .alpha),
            dropout: try values.decode(Float.self, forKey: .dropout),
            batchSize: try values.decode(Int.self, forKey: .batchSize),
            epochs: try values.decode(Int.self, forKey: .epochs))
        method = try values.decodeIfPresent(TrainingMethod.self, forKey: .method) ?? .lora
        hiddenWidth = try values.decodeIfPresent(Int.self, forKey: .hiddenWidth) ?? hiddenWidth
        rank = try values.decode(Int.self, forKey: .rank)
        layers = try values.decodeIfPresent(Int.self, forKey: .layers)
        margin = try values.decode(Float.self, forKey: .margin)
        adam = try values.decode(Adam.Settings.self, forKey: .adam)
        seed = try values.decode(UInt64.self, forKey: .seed)
        tripletsTogether = try values.decode(Int.self, forKey: .tripletsTogether)
        recomputesBlocks = try values.decode(Bool.self, forKey: .recomputesBlocks)
    }
}
