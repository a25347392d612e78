public import Foundation
import GRDB

/// Which files a search may find. All conditions hold together.
public struct SearchFilter: Sendable {
    /// Folders, one of which holds the file at any depth; any when empty. Taken from the working folder when relative.
    public var folders: [ImagePath] = []
    /// The file was last modified at this moment or later.
    public var modifiedSince: Date?
    /// The file was last modified before this moment.
    public var modifiedBefore: Date?
    /// The file has at least so many bytes.
    public var minimumSize: Int64?
    /// The file has at most so many bytes.
    public var maximumSize: Int64?
    /// The shorter side of the image has at least so many pixels.
    public var minimumSide: Int?

    /// Everything.
    public init() {}

    /// The condition in SQL, for the tables `file` and `content`; nil when there is none.
    var condition: (sql: String, arguments: StatementArguments)? {
        var parts: [String] = []
        var arguments = StatementArguments()
        func add(_ sql: String, _ values: (any DatabaseValueConvertible)...) {
            parts.append(sql)
            arguments += StatementArguments(values)
        }
        if !folders.isEmpty {
            var alternatives: [String] = []
            for folder in folders {
                let condition = IndexedFolder.condition(folder.absolute())
                alternatives.append(condition.sql)
                arguments += condition.arguments
            }
            parts.append("(" + alternatives.joined(separator: " OR ") + ")")
        }
        func nanoseconds(_ date: Date) -> Int64 {
            let value = (date.timeIntervalSince1970 * 1e9).rounded()
            return value >= 0x1p63 ? .max : value <= -0x1p63 ? .min : Int64(value)
        }
        if let modifiedSince { add("file.modified >= ?", nanoseconds(modifiedSince)) }
        if let modifiedBefore { add("file.modified < ?", nanoseconds(modifiedBefore)) }
        if let minimumSize { add("file.size >= ?", minimumSize) }
        if let maximumSize { add("file.size <= ?", maximumSize) }
        if let minimumSide { add("min(content.width, content.height) >= ?", minimumSide) }
        return parts.isEmpty ? nil : (parts.joined(separator: " AND "), arguments)
    }
}
