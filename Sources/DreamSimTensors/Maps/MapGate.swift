internal import CDreamSimKernels

/// Where the results of a ReLU are positive, which is all that its backward pass wants to know. For kernel files only.
///
/// `@unchecked Sendable`: read-only memory, which whoever makes a gate keeps alive.
package struct MapGate: @unchecked Sendable {
    private let values: MapRows?
    private let flags: UnsafePointer<UInt8>?
    private let columns: Int
    private let channels: Int

    /// The results themselves.
    package init(_ values: MapRows) {
        self.values = values
        flags = nil
        (columns, channels) = (values.columns, values.channels)
    }

    /// What `MapFlags` kept of the results.
    init(_ flags: UnsafePointer<UInt8>, columns: Int, channels: Int) {
        values = nil
        self.flags = flags
        (self.columns, self.channels) = (columns, channels)
    }

    /// Sets gradients to 0 where the results are not positive.
    /// - Parameters:
    ///   - gradient: some rows of the gradient of the ReLU's result.
    ///   - row: where these rows begin.
    ///   - channels: the channels to do.
    func close(_ gradient: MapRows, row: Int, channels range: Range<Int>) {
        let isWhole = range == 0..<channels
        for index in 0..<gradient.rows {
            let at = values == nil ? (row + index) * columns * channels + range.lowerBound : range.lowerBound
            dsv_gate(
                values.map { UnsafePointer($0.row(row + index) + at) }, flags.map { $0 + at }, channels,
                isWhole ? 1 : columns, isWhole ? columns * channels : range.count,
                gradient.row(index) + range.lowerBound, channels)
        }
    }
}

/// One byte for each result of a ReLU, whether it is positive: a quarter of the memory of the results.
///
/// `@unchecked Sendable`: written while a network runs forward, by one thread a row, and only read afterwards.
package final class MapFlags: @unchecked Sendable {
    private let extent: MapStream.Extent
    private let base: UnsafeMutablePointer<UInt8>

    /// Memory for a map, not initialized.
    package init(_ extent: MapStream.Extent) {
        self.extent = extent
        base = .allocate(capacity: max(extent.height * extent.width * extent.channels, 1))
    }

    deinit { base.deallocate() }

    /// Keeps some rows.
    package func set(_ rows: Range<Int>, from map: MapRows) {
        precondition(
            rows.upperBound <= extent.height && map.columns == extent.width && map.channels == extent.channels,
            "rows \(rows) of \(map.columns)x\(map.channels) for flags of \(extent)")
        let width = extent.width * extent.channels
        for (index, row) in rows.enumerated() { dsv_positive_flags(map.row(index), width, base + row * width) }
    }

    /// The gate, as long as the flags live.
    package var gate: MapGate { MapGate(base, columns: extent.width, channels: extent.channels) }
}
