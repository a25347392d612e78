/// Whole channels-last maps of several images, each with a border of zeros around it.
///
/// `@unchecked Sendable`: whoever writes sees to it that no two threads write to the same elements.
package final class MapBatch: @unchecked Sendable {
    /// Columns and rows of zeros on each side.
    package struct Border: Hashable, Sendable {
        /// At the left and at the top.
        package let before: Int
        /// At the right and at the bottom, of the columns.
        package let right: Int
        /// The same of the rows.
        package let bottom: Int

        package init(before: Int, right: Int, bottom: Int) {
            (self.before, self.right, self.bottom) = (before, right, bottom)
        }

        /// The same on all sides.
        package init(_ all: Int) { self.init(before: all, right: all, bottom: all) }
    }

    package let count: Int
    package let extent: MapStream.Extent
    package let border: Border
    private let stride: Int
    private let base: UnsafeMutablePointer<Float>

    /// Memory for maps; the border is zero, what it surrounds is not initialized unless it is to be zero too.
    package init(count: Int, _ extent: MapStream.Extent, border: Border = Border(0), zeros: Bool = false) {
        (self.count, self.extent, self.border) = (count, extent, border)
        stride = (extent.width + border.before + border.right) * extent.channels
        let size = max((extent.height + border.before + border.bottom) * stride * count, 1)
        base = UnsafeMutableRawPointer.allocate(byteCount: size * 4, alignment: 64)
            .bindMemory(to: Float.self, capacity: size)
        if zeros { base.initialize(repeating: 0, count: size) } else { clearBorder() }
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    /// The maps with their borders.
    package var padded: [MapRows] {
        let rows = extent.height + border.before + border.bottom
        return (0..<count).map {
            MapRows(base + $0 * rows * stride, rows: rows, columns: stride / extent.channels, channels: extent.channels)
        }
    }

    /// The maps without their borders.
    package var maps: [MapRows] {
        padded.map {
            MapRows(
                $0.row(border.before) + border.before * extent.channels, rows: extent.height, columns: extent.width,
                channels: extent.channels, stride: stride)
        }
    }

    /// The maps with some of what lies before them, and so much behind that there are as many rows and columns as asked.
    package func views(before: Int, rows: Int, columns: Int) -> [MapRows] {
        let offset = border.before - before
        precondition(
            offset >= 0 && offset + rows <= extent.height + border.before + border.bottom
                && (offset + columns) * extent.channels <= stride,
            "\(rows)x\(columns) places from \(before) before \(extent) within \(border)")
        return padded.map {
            MapRows(
                $0.row(offset) + offset * extent.channels, rows: rows, columns: columns, channels: extent.channels,
                stride: stride)
        }
    }

    private func clearBorder() {
        guard border != Border(0) else { return }
        let (left, right) = (border.before * extent.channels, border.right * extent.channels)
        for map in padded {
            for row in 0..<map.rows {
                if row < border.before || row >= border.before + extent.height {
                    map.row(row).initialize(repeating: 0, count: stride)
                } else {
                    map.row(row).initialize(repeating: 0, count: left)
                    (map.row(row) + stride - right).initialize(repeating: 0, count: right)
                }
            }
        }
    }
}
