package import Persistence

/// What is wrong with a file of weights, where, and what can be done about it.
public struct CheckpointError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public enum Kind: Hashable, Sendable {
        /// The file cannot be opened or read, or is not a regular file.
        case unreadable
        /// A file cannot be written: a missing folder, a full disk, no permission.
        case unwritable
        /// The bytes break the rules of their format.
        case malformed
        /// The file is sound but holds something that is refused, such as a pickle that names a function.
        case refused
        /// A stated cap would be passed (size, depth, number of items).
        case limitExceeded
        /// The format or one of its features is not supported.
        case unsupported
        /// A tensor that is asked for is not in the file.
        case missing
        /// A tensor is there, but not with the expected shape or type.
        case mismatch
    }

    /// The sort of fault.
    public let kind: Kind
    /// The file.
    public let path: String
    /// The tensor, archive member or pickled name concerned, when there is one.
    public let key: String?
    /// The byte offset in the file, or in the archive member, where the fault was seen.
    public let offset: Int?
    /// What was found, what was expected, and what to do, in one sentence or two.
    public let reason: String

    package init(_ kind: Kind, path: String, key: String? = nil, offset: Int? = nil, _ reason: String) {
        self.kind = kind
        self.path = path
        self.key = key
        self.offset = offset
        self.reason = reason
    }
}

extension CheckpointError: CustomStringConvertible {
    /// `path, key 'k', at byte n: reason`.
    public var description: String {
        var place = path
        if let key { place += ", '\(key)'" }
        if let offset { place += ", at byte \(offset)" }
        return "\(place): \(reason)"
    }
}

extension CheckpointError {
    /// A file that could not be written.
    package init(_ failure: AtomicFile.Failure) {
        self.init(.unwritable, path: failure.path, failure.reason)
    }
}
