internal import CDreamSimKernels

/// How stored numbers are kept.
package enum StoredPrecision: Sendable {
    case float32
    /// IEEE 754 binary16.
    case float16

    var kernel: Int32 { Int32(self == .float32 ? DSV_FLOAT32.rawValue : DSV_FLOAT16.rawValue) }
}

/// Row-major numbers [rows, width] as a file keeps them. For kernel files only.
///
/// `@unchecked Sendable`: read-only memory; whoever makes a view keeps it alive.
package struct StoredRows: @unchecked Sendable {
    package let base: UnsafeRawPointer?
    package let rows: Int
    package let width: Int
    package let precision: StoredPrecision

    package init(base: UnsafeRawPointer?, rows: Int, width: Int, precision: StoredPrecision) {
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
