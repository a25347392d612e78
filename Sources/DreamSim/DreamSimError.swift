/// What keeps a metric from being computed, and what to do about it.
public struct DreamSimError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public enum Kind: Hashable, Sendable {
        /// No model has that name.
        case unknownModel
        /// A model's weights are not on this machine.
        case weightsMissing
        /// A description of a user's own model cannot be used.
        case badDescription
        /// A merged file is broken or of another version.
        case badMergedFile
        /// Embeddings of different models, weights or preprocessing were compared.
        case incomparable
        /// A result cannot be written.
        case unwritable
        /// A table of pairs that cannot be used.
        case badTable
        /// A file that says what a metric's numbers mean cannot be used.
        case badProfile
        /// A setting that the model cannot work with.
        case badSetting
    }

    /// The sort of fault.
    public let kind: Kind
    /// The model, file or setting concerned.
    public let subject: String
    /// What was found, what was expected and what to do.
    public let reason: String

    package init(_ kind: Kind, _ subject: String, _ reason: String) {
        self.kind = kind
        self.subject = subject
        self.reason = reason
    }
}

extension DreamSimError: CustomStringConvertible {
    /// `subject: reason`.
    public var description: String { "\(subject): \(reason)" }
}
