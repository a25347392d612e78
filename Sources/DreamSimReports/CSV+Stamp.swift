extension CSV {
    /// The names of the columns that say what made a number.
    package static let stampColumns = ["model", "weights", "precision", "calibration", "preprocessing", "isNormalized"]

    /// The values of `stampColumns`.
    package static func fields(of stamp: ModelStamp) -> [String] {
        [
            stamp.model, stamp.weights, (stamp.precision ?? .float32).rawValue, stamp.calibration ?? "",
            "\(stamp.preprocessing)", "\(stamp.isNormalized)",
        ]
    }
}
