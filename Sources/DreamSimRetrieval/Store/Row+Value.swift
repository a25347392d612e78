import GRDB

extension Row {
    /// A column's value. A damaged database may hold another kind of value there; a subscript would end the process for it.
    /// - Throws: `RowDecodingError`, which `DreamSimError.translating` makes `.damaged`.
    func value<Value: DatabaseValueConvertible>(_ column: String) throws -> Value { try decode(forColumn: column) }
}
