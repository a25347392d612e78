/// What keeps a model from being tuned, and what to do about it.
public struct TrainingError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public enum Kind: Hashable, Sendable {
        /// A setting that nothing can be trained with.
        case badSetting
        /// Images or judgements that make no batch.
        case badBatch
        /// A picture of a triplet is missing or cannot be decoded.
        case unreadable
        /// A loss or a gradient became NaN or infinite.
        case diverged
        /// A checkpoint that is broken, or of another run.
        case badCheckpoint
        /// The folder of a run cannot be made, or a file in it not be written.
        case unwritable
    }

    /// The sort of fault.
    public let kind: Kind
    /// The setting, file or step concerned.
    public let subject: String
    /// What was found, what was expected and what to do.
    public let reason: String

    package init(_ kind: Kind, _ subject: String, _ reason: String) {
        self.kind = kind
        self.subject = subject
        self.reason = reason
    }
}

extension TrainingError: CustomStringConvertible {
    /// `subject: reason`.
    public var description: String { "\(subject): \(reason)" }
}
