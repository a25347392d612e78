/// A window on some rows of a channels-last map, [rows, columns, channels]. For kernel files only.
///
/// `@unchecked Sendable`: whoever makes a view sees to it that no two threads write to the same elements.
package struct MapRows: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Float>
    package let rows: Int
    package let columns: Int
    package let channels: Int
    /// From one row to the next, in elements.
    package let stride: Int

    package init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, channels: Int, stride: Int? = nil) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.channels = channels
        self.stride = stride ?? columns * channels
    }

    /// Some of the rows.
    package func rows(_ range: Range<Int>) -> MapRows {
        MapRows(
            base + range.lowerBound * stride, rows: range.count, columns: columns, channels: channels, stride: stride)
    }

    /// The start of a row.
    package func row(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * stride }
}
