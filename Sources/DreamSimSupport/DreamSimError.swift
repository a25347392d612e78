public import Foundation

/// What went wrong, with what, and what to do about it: the one error of all of DreamSim's modules.
///
/// Errors of the system, of a task that was cancelled, and those that a caller's own closure throws pass through as they
/// are. Functions whose only error is this one say so: `throws(DreamSimError)`.
public struct DreamSimError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public let kind: Kind
    /// The file, model, setting or address concerned.
    public let subject: String
    /// The tensor, archive member or entry of the subject, where there is one.
    public let key: String?
    /// The byte offset in the subject, where the fault was seen at one.
    public let offset: Int?
    /// The line of the subject, from 1, where the fault was seen at one.
    public let line: Int?
    /// What was found and what was expected.
    public let problem: String
    /// What to do; nil where nothing can be advised.
    public let remedy: String?
    /// Whether the fault may pass: asking again resumes where this stopped, or goes well in another process.
    public let isResumable: Bool

    /// Says what went wrong.
    /// - Parameters:
    ///   - kind: the sort of fault.
    ///   - subject: the file, model, setting or address concerned.
    ///   - problem: what was found and what was expected.
    ///   - remedy: what to do.
    public init(_ kind: Kind, subject: String, problem: String, remedy: String? = nil) {
        (self.kind, self.subject, self.problem, self.remedy) = (kind, subject, problem, remedy)
        (key, offset, line, isResumable) = (nil, nil, nil, false)
    }

    /// Says what went wrong in one text, `problem; remedy`, as this project writes its messages.
    package init(
        _ kind: Kind, _ subject: String, key: String? = nil, offset: Int? = nil, line: Int? = nil,
        isResumable: Bool = false, _ reason: String
    ) {
        let parts = reason.firstRange(of: "; ")
        problem = parts.map { String(reason[..<$0.lowerBound]) } ?? reason
        remedy = parts.map { String(reason[$0.upperBound...]) }
        (self.kind, self.subject, self.key, self.offset) = (kind, subject, key, offset)
        (self.line, self.isResumable) = (line, isResumable)
    }

    /// The same fault, of another kind.
    private init(_ kind: Kind, as other: DreamSimError) {
        (self.kind, subject, key, offset, line) = (kind, other.subject, other.key, other.offset, other.line)
        (problem, remedy, isResumable) = (other.problem, other.remedy, other.isResumable)
    }

    /// Runs what reads weights: a file of them whose bytes are not sound is damaged weights to whoever asked for a model.
    /// - Throws: what the body throws; `.badWeights` where that is about a file's bytes.
    package static func readingWeights<Value>(_ body: () throws -> Value) throws -> Value {
        let kinds: [Kind] = [.malformed, .truncated, .unsupported, .refused, .limitExceeded, .missing]
        do {
            return try body()
        } catch let error as DreamSimError where kinds.contains(error.kind) {
            throw DreamSimError(.badWeights, as: error)
        }
    }

    /// Problem and remedy in one text, for errors that are told as part of another.
    package var reason: String { remedy.map { "\(problem); \($0)" } ?? problem }
}

extension DreamSimError: CustomStringConvertible, LocalizedError {
    /// `subject, 'key', at byte n: problem; remedy`.
    public var description: String {
        subject + (key.map { ", '\($0)'" } ?? "") + (offset.map { ", at byte \($0)" } ?? "")
            + (line.map { ", line \($0)" } ?? "") + ": \(reason)"
    }

    /// The same as the description.
    public var errorDescription: String? { description }
    /// What was found and what was expected.
    public var failureReason: String? { problem }
    /// What to do.
    public var recoverySuggestion: String? { remedy }
}

extension DreamSimError {
    /// Says what the system refused to do to a file or folder that was to be written, and what to do.
    package init(_ failure: SystemFailure, unwritable subject: String) {
        self.init(.unwritable, subject, failure.reason + SystemFailure.advice(failure.code))
    }

    /// A file that could not be written.
    package init(_ failure: AtomicFile.Failure) {
        self.init(.unwritable, failure.path, failure.reason + SystemFailure.advice(failure.code))
    }
}
