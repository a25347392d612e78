internal import GRDB

extension DreamSimError {
    /// Translates what SQLite reports.
    init(_ error: DatabaseError, _ subject: String) {
        let detail = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.unwritable, subject, "the disk is full; free some space and run the same command again")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.unwritable, subject, "cannot be written: \(detail); check the folder's permissions")
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            self.init(
                .locked, subject, "another process is writing the index; wait for it and run the same command again")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .damaged, subject, "is damaged (\(detail)); delete the index's folder and index the images again")
        case .SQLITE_CANTOPEN:
            self.init(.unreadable, subject, "cannot be opened: \(detail); check the folder's permissions")
        case .SQLITE_IOERR:
            self.init(
                .unwritable, subject,
                "cannot be read or written (\(detail)); see whether its disk is full, read-only or gone, and run the same command "
                    + "again")
        default:
            self.init(
                .unreadable, subject,
                "SQLite reports: \(detail); run the same command again, and index the images anew if it stays so")
        }
    }

    /// Runs something that uses the database, with its faults translated.
    static func translating<R>(_ subject: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw DreamSimError(error, subject)
        } catch is RowDecodingError {
            throw DreamSimError(
                .damaged, subject, "holds values of another kind; delete the index's folder and index the images again")
        }
    }
}
