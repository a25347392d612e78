internal import GRDB
import Persistence

/// What keeps an index from being read or written, and what to do about it.
public struct IndexError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public enum Kind: Hashable, Sendable {
        /// There is no index.
        case missing
        /// Another process is writing the index.
        case locked
        /// The index was made with another model, other weights, another preprocessing or normalisation.
        case incompatible
        /// The index was made by a newer version of the program.
        case newerSchema
        /// A file of the index is cut short, changed or no longer fits the others.
        case damaged
        /// The index cannot be written: a full disk, a folder without permission.
        case unwritable
        /// The index cannot be read.
        case unreadable
        /// A query, a filter or a setting that has no meaning.
        case badRequest
    }

    /// The sort of fault.
    public let kind: Kind
    /// The file, folder or setting concerned.
    public let subject: String
    /// What was found, what was expected and what to do.
    public let reason: String

    package init(_ kind: Kind, _ subject: String, _ reason: String) {
        self.kind = kind
        self.subject = subject
        self.reason = reason
    }
}

extension IndexError: CustomStringConvertible {
    /// `subject: reason`.
    public var description: String { "\(subject): \(reason)" }
}

extension IndexError {
    /// Says what the system refused to do to a file or folder that was to be written, and what to do.
    init(_ failure: SystemFailure, unwritable subject: String) {
        self.init(.unwritable, subject, failure.reason + SystemFailure.advice(failure.code))
    }

    /// Says why a file that was to be written could not be, and what to do.
    init(_ failure: AtomicFile.Failure) {
        self.init(.unwritable, failure.path, failure.reason + SystemFailure.advice(failure.code))
    }

    /// Translates what SQLite reports.
    init(_ error: DatabaseError, _ subject: String) {
        let detail = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.unwritable, subject, "the disk is full; free some space and run the same command again")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.unwritable, subject, "cannot be written: \(detail); check the folder's permissions")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.locked, subject, "another process is writing the index; wait for it")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .damaged, subject, "is damaged (\(detail)); delete the index's folder and index the pictures again")
        case .SQLITE_CANTOPEN:
            self.init(.unreadable, subject, "cannot be opened: \(detail); check the folder's permissions")
        default:
            self.init(.unreadable, subject, "SQLite reports: \(detail)")
        }
    }

    /// Runs something that uses the database, with its faults translated.
    static func translating<R>(_ subject: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw IndexError(error, subject)
        }
    }
}
