/// What is wrong with a picture or its file, and what can be done about it.
public struct ImagingError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public enum Kind: Hashable, Sendable {
        /// The file cannot be opened or read, or is not a regular file.
        case unreadable
        /// The bytes break the rules of their format.
        case malformed
        /// The picture ends before all of its pixels.
        case truncated
        /// A stated cap would be passed (pixels, bytes, scans).
        case limitExceeded
        /// The format or one of its features is not supported.
        case unsupported
        /// The file cannot be written.
        case unwritable
    }

    /// The sort of fault.
    public let kind: Kind
    /// The file, or the name that the caller gave to the bytes.
    public let path: String
    /// What was found, what was expected, and what to do, in one sentence or two.
    public let reason: String

    package init(_ kind: Kind, path: String, _ reason: String) {
        self.kind = kind
        self.path = path
        self.reason = reason
    }
}

extension ImagingError: CustomStringConvertible {
    /// `path: reason`.
    public var description: String { "\(path): \(reason)" }
}
