/// Why weights could not be fetched, checked or found, where, and what can be done about it.
public struct ModelStoreError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public enum Kind: Hashable, Sendable {
        /// A setting is wrong, such as a mirror that is not https.
        case configuration
        /// Files are missing and the network may not be used.
        case offline
        /// The server cannot be reached, or answers with an error.
        case network
        /// The download stopped half way; what is there is kept.
        case interrupted
        /// The server's answer is refused: an insecure or endless redirect, a wrong range.
        case refused
        /// A digest or a size is not the expected one.
        case mismatch
        /// The archive is damaged or hostile.
        case archive
        /// The archive does not hold what it should.
        case missing
        /// The disk is full.
        case diskFull
        /// A file or folder cannot be read or written.
        case fileSystem
        /// Python or pip is missing or failed.
        case python
        /// The task was cancelled; what is there is kept.
        case cancelled
    }

    /// The sort of fault.
    public let kind: Kind
    /// The URL, file or archive member concerned.
    public let place: String
    /// What was found, what was expected, and what to do.
    public let reason: String
    /// Whether asking again goes on where this stopped.
    public let isResumable: Bool

    package init(_ kind: Kind, _ place: String, isResumable: Bool = false, _ reason: String) {
        self.kind = kind
        self.place = place
        self.reason = reason
        self.isResumable = isResumable
    }
}

extension ModelStoreError: CustomStringConvertible {
    /// `place: reason`.
    public var description: String { "\(place): \(reason)" }
}
