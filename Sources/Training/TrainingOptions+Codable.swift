/// As checkpoints hold the options. Those of runs that were begun before there were other methods than low-rank updates can be
/// taken up.
extension TrainingOptions: Codable {
    private enum Key: String, CodingKey {
        case method, rank, layers, hiddenWidth, alpha, dropout, batchSize, epochs, margin, adam, seed, tripletsTogether
        case recomputesBlocks
    }

    /// Reads the options of a run.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
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

    /// Writes them.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(method, forKey: .method)
        try values.encode(rank, forKey: .rank)
        try values.encodeIfPresent(layers, forKey: .layers)
        try values.encode(hiddenWidth, forKey: .hiddenWidth)
        try values.encode(alpha, forKey: .alpha)
        try values.encode(dropout, forKey: .dropout)
        try values.encode(batchSize, forKey: .batchSize)
        try values.encode(epochs, forKey: .epochs)
        try values.encode(margin, forKey: .margin)
        try values.encode(adam, forKey: .adam)
        try values.encode(seed, forKey: .seed)
        try values.encode(tripletsTogether, forKey: .tripletsTogether)
        try values.encode(recomputesBlocks, forKey: .recomputesBlocks)
    }
}
