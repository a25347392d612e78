extension CSV {
    /// The names of the columns that say what made a number.
    package static let stampColumns = ["model", "weights", "preprocessing", "isNormalized"]

    /// The values of `stampColumns`.
    package static func fields(of stamp: ModelStamp) -> [String] {
        [stamp.model, stamp.weights, "\(stamp.preprocessing)", "\(stamp.isNormalized)"]
    }
}
