import Foundation
import GRDB

extension IndexReader {
    /// The folders and files that the index was asked to hold, in the order of their paths.
    package func folders() throws -> [IndexedFolder] { try read(IndexedFolder.all) }

    /// The files that come after one, in the order of their numbers.
    package func files(after id: Int64, limit: Int) throws -> [IndexedFile] {
        try read { db in
            try Row.fetchAll(
                db, sql: IndexedFile.selection + " WHERE file.id > ? ORDER BY file.id LIMIT ?", arguments: [id, limit]
            ).map(IndexedFile.init)
        }
    }

    /// The file of a path; nil when the index knows none.
    package func file(at path: ImagePath) throws -> IndexedFile? {
        try read { db in
            try Row.fetchOne(
                db, sql: IndexedFile.selection + " WHERE file.path = ?", arguments: [Data(path.absolute().bytes)]
            ).map(IndexedFile.init)
        }
    }
}

extension IndexWriter {
    /// Drops files by their numbers. An update of a folder in which one still lies brings it back.
    package func forget(files: [Int64]) throws { try remove(files: files) }
}
