/// Why a data set cannot be judged, or a result not be kept, and what to do about it.
public struct EvaluationError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public enum Kind: Hashable, Sendable {
        /// A file or folder of the data set cannot be read.
        case unreadable
        /// A table breaks the rules of its layout.
        case malformed
        /// A table lacks a column.
        case missingColumn
        /// A value that cannot be: votes out of range, a word where a number must be.
        case badValue
        /// Two judgements have the same id.
        case duplicate
        /// Nothing is left to judge: an empty file, a split without rows.
        case empty
        /// A judgement had to be passed over, and that was not allowed.
        case skipped
        /// A wanted precision is not reached by any threshold.
        case unreachable
        /// A result or a cache cannot be written.
        case unwritable
        /// Another process writes the same cache.
        case busy
    }

    /// The sort of fault.
    public let kind: Kind
    /// The file, folder or setting concerned.
    public let subject: String
    /// The line of the file, from 1, when there is one.
    public let line: Int?
    /// What was found, what was expected and what to do.
    public let reason: String

    package init(_ kind: Kind, _ subject: String, line: Int? = nil, _ reason: String) {
        self.kind = kind
        self.subject = subject
        self.line = line
        self.reason = reason
    }
}

extension EvaluationError: CustomStringConvertible {
    /// `subject: reason`, with the line where there is one.
    public var description: String { "\(subject)\(line.map { ", line \($0)" } ?? ""): \(reason)" }
}
