/// What a map shows.
public enum MapKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Where two images differ, as a metric sees it.
    case difference
    /// What the class token attends to through all blocks (attention rollout, Abnar and Zuidema 2020).
    case rollout
    /// What the class token attends to in the last block.
    case attention
}
