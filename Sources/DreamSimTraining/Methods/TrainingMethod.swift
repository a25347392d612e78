/// What of a model is learnt.
public enum TrainingMethod: String, Hashable, Sendable, Codable, CaseIterable {
    /// Low-rank updates beside the attention's queries, keys and values, as DreamSim's published models were tuned.
    case lora
    /// A head after the joined features, x + fc2(relu(fc1 x)); the backbones stay as they are.
    case mlp
    /// Every weight of every backbone.
    case full
}
