/// The numbers that a model's linear layers compute with, and the convolutions of LPIPS and DISTS in int16. Everything else
/// is float32 always.
public enum Precision: String, Sendable, Codable, CaseIterable {
    /// As published.
    case float32
    /// Weights and inputs of 12 bits, with a scale for each block of a row: half the memory, nearly twice the speed. The
    /// distances of 174 photographs of NIGHTS changed by 0.0006 at most (`vits14-focus`).
    case int16
    /// Weights of 7 bits and inputs of 8: a third of the memory, nearly three times the speed where the processor has VNNI.
    /// The same distances changed by 0.0018 in the median and 0.012 at most.
    case int8
}
