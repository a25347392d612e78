/// The numbers that a model's linear layers compute with. Everything else is float32 always.
public enum Precision: String, Sendable, Codable, CaseIterable {
    /// As published.
    case float32
    /// Weights and inputs of 12 bits, with a scale for each block of a row: half the memory, up to twice the speed; the
    /// distances of natural images change by less than 0.0015.
    case int16
    /// Weights of 7 bits and inputs of 8: a quarter of the memory, up to four times the speed; distances change by some
    /// 0.002.
    case int8
}
