/// How a network's tokens become the one vector that its authors read.
package enum Pooling: Hashable, Sendable, Codable {
    /// The class token after the final layer norm.
    case classToken
    /// The mean of the patches' tokens, each of them after the final layer norm, or the final layer norm of their mean.
    case mean(normalizesFirst: Bool)
    /// A learned probe that attends to all tokens after the final layer norm, and an MLP beside it (Zhai et al. 2022).
    case attention(heads: Int, mlpWidth: Int, activation: Activation)
}

/// Which of queries, keys and values have a bias in a file; what has none acts as zero.
package enum AttentionBias: String, Sendable, Hashable, Codable {
    /// All of them.
    case all
    /// Queries and values: a key's adds the same to all scores of a query, which changes nothing without rotary positions.
    case queriesAndValues
}
