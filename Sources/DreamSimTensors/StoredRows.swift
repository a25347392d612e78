/// Row-major numbers [rows, width] as a file keeps them. For kernel files only.
///
/// `@unchecked Sendable`: read-only memory; whoever makes a view keeps it alive.
package struct StoredRows: @unchecked Sendable {
    package let base: UnsafeRawPointer?
    package let rows: Int
    package let width: Int
    package let precision: WeightPrecision

    package init(base: UnsafeRawPointer?, rows: Int, width: Int, precision: WeightPrecision) {
        self.base = rows > 0 ? base : nil
        self.rows = rows
        self.width = width
        self.precision = precision
    }

    /// The bytes of a row.
    package var rowBytes: Int { width * (precision == .float32 ? 4 : 2) }

    /// Where a row lies; nil when there are no rows.
    package func address(of row: Int) -> UnsafeRawPointer? { base.map { $0 + row * rowBytes } }
}
