/// What one metric says of pairs of images.
struct Measurements: Sendable {
    /// The values that there are.
    var values: [IndexPair: Double] = [:]
    /// Why there is none.
    var failures: [IndexPair: String] = [:]
    /// How many values and embeddings were computed now and not found in the cache.
    var computed = 0
    /// How long computing took.
    var seconds = 0.0
}

/// How far an evaluation has come.
public struct EvaluationProgress: Sendable {
    /// The metrics at work.
    public let what: String
    /// What is done, out of `total`.
    public let done: Int
    /// All that is to be done.
    public let total: Int
    /// What is counted, such as `images`.
    public let unit: String
}

extension EvaluationProgress {
    init(_ what: String, unit: String, done: Int, total: Int) {
        self.init(what: what, done: done, total: total, unit: unit)
    }
}
