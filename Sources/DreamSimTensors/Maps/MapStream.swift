/// Runs a chain of layers over images of one size, a few rows at a time: each layer asks the one before it for just the rows
/// that its next rows are made from. No map is ever held whole, so that memory grows with the width of the images and not
/// with their area, and what a layer reads has just been written.
package struct MapStream: Sendable {
    /// The layers, the first of which sees the images.
    package let layers: [any MapLayer]
    /// The extents of the images and of each layer's result: [height, width, channels].
    package let extents: [Extent]

    /// [height, width, channels].
    package struct Extent: Hashable, Sendable {
        package let height: Int
        package let width: Int
        package let channels: Int

        package init(height: Int, width: Int, channels: Int) {
            self.height = height
            self.width = width
            self.channels = channels
        }
    }

    /// - Returns: nil when the images are too small for one of the layers.
    package init?(_ layers: [any MapLayer], images: Extent) {
        var extents = [images]
        for layer in layers {
            let last = extents[extents.count - 1]
            let extent = Extent(
                height: layer.window.outputs(of: last.height), width: layer.window.outputs(of: last.width),
                channels: layer.outputChannels(of: last.channels))
            guard extent.height > 0 && extent.width > 0 else { return nil }
            extents.append(extent)
        }
        self.layers = layers
        self.extents = extents
    }

    /// Computes all layers for `count` images.
    /// - Parameters:
    ///   - taps: the layers whose results are wanted, by their index.
    ///   - source: fills rows of every image.
    ///   - visit: called with a tapped layer, the rows that are new, in order, and of every image these rows.
    package func run(
        count: Int, taps: Set<Int>, source: (Range<Int>, [MapRows]) -> Void,
        visit: (_ layer: Int, _ rows: Range<Int>, _ maps: [MapRows]) -> Void
    ) {
        run(count: count, taps: taps, source: source, step: {}, visit: visit)
    }

    /// Computes all layers for `count` images, and may be stopped.
    /// - Parameter step: called before some rows of a layer are computed; what it throws ends the run.
    package func run(
        count: Int, taps: Set<Int>, source: (Range<Int>, [MapRows]) -> Void, step: () throws -> Void,
        visit: (_ layer: Int, _ rows: Range<Int>, _ maps: [MapRows]) -> Void
    ) rethrows {
        let plans = extents.indices.map { plan($0) }
        try Workspace.withArena(of: elements(of: plans, count: count)) { arena in
            var run = Run(
                stream: self, taps: taps,
                buffers: plans.map { plan in RowBuffer(plan, (0..<count).map { _ in arena.take(plan.count) }) })
            try run.produce(layers.count, through: extents[layers.count].height, source, step, visit)
            // A pooling that does not come out even leaves rows of the layers before it unread; they are wanted nevertheless.
            for layer in taps.sorted(by: >) { try run.finish(layer + 1, source, step, visit) }
        }
    }

    /// The memory that a run for `count` images takes, in bytes.
    package func workingBytes(count: Int) -> Int { 4 * elements(of: extents.indices.map { plan($0) }, count: count) }

    private func elements(of plans: [RowBuffer.Plan], count: Int) -> Int {
        plans.reduce(0) { $0 + Workspace.Arena.rounded($1.count) } * count + 16 * plans.count * count
    }

    /// Rows a layer computes together: enough places for the products, few enough for the caches.
    private func step(_ node: Int) -> Int {
        let extent = extents[node]
        return min(extent.height, max(Self.fewestRows, (Self.places + extent.width - 1) / extent.width))
    }
    private static let places = 1600
    private static let fewestRows = 8

    private func plan(_ node: Int) -> RowBuffer.Plan {
        let needed =
            node == layers.count
            ? step(node) : (step(node + 1) - 1) * layers[node].window.step + layers[node].window.size
        let padding = node == layers.count ? 0 : layers[node].window.padding
        // Twice what is needed, so that rows are moved up only every other time.
        return RowBuffer.Plan(
            extent: extents[node], padding: padding,
            capacity: min(2 * needed, extents[node].height + 2 * padding), step: step(node))
    }

    /// A run under way.
    private struct Run {
        let stream: MapStream
        let taps: Set<Int>
        /// Of the images and of each layer's result.
        var buffers: [RowBuffer]

        /// Makes the rows of a node that no later one has asked for.
        mutating func finish(
            _ node: Int, _ source: (Range<Int>, [MapRows]) -> Void, _ step: () throws -> Void,
            _ visit: (Int, Range<Int>, [MapRows]) -> Void
        ) rethrows {
            let end = buffers[node].endOfMap
            guard buffers[node].end < end else { return }
            buffers[node].discard(before: buffers[node].end)
            while buffers[node].end < end {
                try produce(node, through: min(end, buffers[node].end + 1), source, step, visit)
                buffers[node].discard(before: buffers[node].end)
            }
        }

        /// Makes sure that a node's padded rows before `end` exist; node 0 is the images, the others are the layers.
        mutating func produce(
            _ node: Int, through end: Int, _ source: (Range<Int>, [MapRows]) -> Void, _ step: () throws -> Void,
            _ visit: (Int, Range<Int>, [MapRows]) -> Void
        ) rethrows {
            while buffers[node].end < end {
                // Nobody reads what the last layer has made.
                if node == stream.layers.count { buffers[node].discard(before: buffers[node].end) }
                guard let rows = buffers[node].nextRows(before: end) else { continue }
                let targets = buffers[node].append(rows.count)
                if node == 0 {
                    source(rows, targets)
                } else {
                    let layer = stream.layers[node - 1]
                    let inputs = layer.window.inputs(of: rows, length: stream.extents[node - 1].height)
                    buffers[node - 1].discard(before: inputs.lowerBound)
                    try produce(node - 1, through: inputs.upperBound, source, step, visit)
                    try step()
                    layer.forward(buffers[node - 1].padded(inputs), into: targets)
                }
                if taps.contains(node - 1) { visit(node - 1, rows, targets) }
            }
        }
    }
}

/// The latest rows of a layer's result for every image, with zeros around the map.
private struct RowBuffer {
    struct Plan {
        let extent: MapStream.Extent
        let padding: Int
        /// The padded rows that have room.
        let capacity: Int
        /// The rows that are made together.
        let step: Int

        var stride: Int { (extent.width + 2 * padding) * extent.channels }
        var count: Int { capacity * stride }
    }

    private let plan: Plan
    private let bases: [UnsafeMutablePointer<Float>]
    /// The padded row that comes first in memory.
    private var start = 0
    /// The padded row after the last that exists.
    private(set) var end = 0

    /// The padded row after the map's last.
    var endOfMap: Int { plan.padding + plan.extent.height }

    init(_ plan: Plan, _ bases: [UnsafeMutablePointer<Float>]) {
        self.plan = plan
        self.bases = bases
        let side = plan.padding * plan.extent.channels
        guard side > 0 else { return }
        for base in bases {
            for row in 0..<plan.capacity {
                (base + row * plan.stride).update(repeating: 0, count: side)
                (base + (row + 1) * plan.stride - side).update(repeating: 0, count: side)
            }
        }
    }

    /// Gives up rows.
    mutating func discard(before row: Int) {
        // Moved only when room is wanted, see `append`.
        kept = max(kept, row)
    }
    private var kept = 0

    /// The next rows of the map to make, at most up to a padded row; nil after rows of zeros were added instead.
    mutating func nextRows(before limit: Int) -> Range<Int>? {
        let first = end - plan.padding
        if first < 0 || first >= plan.extent.height {
            let count = first < 0 ? min(-first, limit - end) : limit - end
            for rows in append(count, padded: true) {
                for row in 0..<count { rows.row(row).update(repeating: 0, count: plan.stride) }
            }
            return nil
        }
        return first..<min(first + plan.step, limit - plan.padding, plan.extent.height)
    }

    /// Makes room for rows and takes them as existing.
    mutating func append(_ count: Int, padded: Bool = false) -> [MapRows] {
        if end + count - start > plan.capacity {
            let rows = max(0, end - kept)
            precondition(rows + count <= plan.capacity, "\(rows) + \(count) rows of \(plan.capacity)")
            for base in bases where rows > 0 {
                base.update(from: base + (kept - start) * plan.stride, count: rows * plan.stride)
            }
            start = min(kept, end)
        }
        let range = end..<(end + count)
        end += count
        let rows = self.padded(range)
        guard !padded else { return rows }
        let (side, width) = (plan.padding * plan.extent.channels, plan.extent.width)
        return rows.map {
            MapRows($0.base + side, rows: count, columns: width, channels: $0.channels, stride: plan.stride)
        }
    }

    /// Rows that exist, with the zeros at their sides.
    func padded(_ range: Range<Int>) -> [MapRows] {
        precondition(range.lowerBound >= start && range.upperBound <= end, "rows \(range) of \(start)..<\(end)")
        return bases.map {
            MapRows(
                $0 + (range.lowerBound - start) * plan.stride, rows: range.count,
                columns: plan.extent.width + 2 * plan.padding, channels: plan.extent.channels, stride: plan.stride)
        }
    }
}
