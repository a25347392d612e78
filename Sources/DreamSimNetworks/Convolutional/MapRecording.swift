/// Images seen through a convolutional network, with what the backward pass needs: the maps that are looked at or pooled, and
/// of all others only where they are positive, a byte a value. Not for sharing between threads while it is made.
package final class MapRecording: Sendable {
    let network: ConvolutionalNetwork
    let stream: MapStream
    let count: Int
    private let scaling: InputScaling
    /// By layer; nil where a map is not kept.
    private let kept: [MapBatch?]
    /// By layer; empty where the map itself is kept, or nothing.
    private let flags: [[MapFlags]]

    /// Runs a network.
    /// - Parameters:
    ///   - images: [N, 3, H, W] in [0, 1].
    ///   - scaling: how the network sees them.
    ///   - isReversible: whether there will be a backward pass; else just the taps are kept.
    /// - Precondition: the images are large enough for the network.
    package init(
        _ network: ConvolutionalNetwork, of images: Tensor, scaling: InputScaling, isReversible: Bool = true
    ) {
        let (count, height, width) = (images.shape[0], images.shape[2], images.shape[3])
        guard let stream = MapStream(network.layers, images: .init(height: height, width: width, channels: 3)) else {
            preconditionFailure("images of \(width)x\(height) are too small for \(network.architecture)")
        }
        let layers = network.layers
        var kept: [MapBatch?] = []
        var flags: [[MapFlags]] = []
        for index in layers.indices {
            let extent = stream.extents[index + 1]
            let pooling = isReversible && index + 1 < layers.count ? layers[index + 1] as? any PoolingLayer : nil
            let isKept = network.taps.contains(index) || pooling != nil
            kept.append(
                isKept ? MapBatch(count: count, extent, border: .init(pooling?.window.padding ?? 0)) : nil)
            flags.append(
                isReversible && !isKept && layers[index] is Convolution
                    ? (0..<count).map { _ in MapFlags(extent) } : [])
        }
        (self.network, self.stream, self.count, self.scaling) = (network, stream, count, scaling)
        (self.kept, self.flags) = (kept, flags)
        let recorded = Set(layers.indices.filter { kept[$0] != nil || !flags[$0].isEmpty })
        images.withUnsafeBufferPointer { pixels in
            let planes = MatrixView(reading: pixels.baseAddress!, rows: count * 3 * height, columns: width)
            stream.run(count: count, taps: recorded) { rows, maps in
                for (n, map) in maps.enumerated() {
                    for (index, row) in rows.enumerated() {
                        scaling.fill(map.row(index), planes, image: n, row: row, height: height)
                    }
                }
            } visit: { layer, rows, maps in
                let (targets, flags) = (kept[layer]?.maps ?? [], flags[layer])
                Parallel.forEachRange(count * rows.count, multiple: 1) { range in
                    for part in range {
                        let (image, index) = part.quotientAndRemainder(dividingBy: rows.count)
                        let source = maps[image]
                        let row = rows.lowerBound + index
                        if targets.isEmpty {
                            flags[image].set(row..<(row + 1), from: source.rows(index..<(index + 1)))
                        } else {
                            targets[image].row(row).update(
                                from: source.row(index), count: source.columns * source.channels)
                        }
                    }
                }
            }
        }
    }

    /// What is seen at a tap, of each image.
    package func maps(at tap: Int) -> [MapRows] {
        guard let batch = kept[network.taps[tap]] else { preconditionFailure("tap \(tap) was not kept") }
        return batch.maps
    }

    /// Goes back from the taps to the images.
    /// - Parameter tapGradient: fills the gradient of what is seen at a tap, of each image, from the last tap to the
    ///   first; where a value there is 0 its gradient must be, because a ReLU has made it.
    /// - Returns: the gradient of the images, [N, 3, H, W].
    package func backward(_ tapGradient: (_ tap: Int, _ gradients: [MapRows]) -> Void) -> Tensor {
        let (layers, gradients) = (network.layers, network.gradients)
        var current = gradient(of: layers.count - 1, fillingIfTap: tapGradient)
        for index in layers.indices.reversed() {
            let isTap = index > 0 && network.taps.contains(index - 1)
            if let gradient = gradients[index] {
                let (rows, columns) = axes(gradient, index)
                let views = current.views(before: rows.before, rows: rows.read, columns: columns.read)
                guard index > 0 else {
                    let extent = MapStream.Extent(height: rows.places, width: columns.places, channels: 3)
                    let dImages = MapBatch(count: count, extent)
                    gradient.backward(views, into: dImages.maps)
                    return planar(dImages, rows.offset, columns.offset)
                }
                let below = self.gradient(of: index - 1, fillingIfTap: tapGradient)
                gradient.backward(views, into: below.maps, adding: isTap, gates: gates(index - 1))
                current = below
            } else if let pooling = layers[index] as? any PoolingLayer, let input = kept[index - 1] {
                let below = self.gradient(of: index - 1, fillingIfTap: tapGradient, zeros: !isTap)
                let padding = pooling.window.padding
                let (height, width) = (input.extent.height + 2 * padding, input.extent.width + 2 * padding)
                pooling.backward(
                    input.views(before: padding, rows: height, columns: width), dOutput: current.maps,
                    into: below.views(before: padding, rows: height, columns: width))
                current = below
            } else {
                preconditionFailure("layer \(index) of \(network.architecture) has no backward pass")
            }
        }
        preconditionFailure("\(network.architecture) does not begin with a convolution")
    }

    /// Memory for the gradient of a layer's result with the zeros that its own backward pass needs; filled at taps.
    private func gradient(of layer: Int, fillingIfTap fill: (Int, [MapRows]) -> Void, zeros: Bool = false) -> MapBatch {
        let extent = stream.extents[layer + 1]
        let next = layer + 1 < network.layers.count ? network.layers[layer + 1].window.padding : 0
        let isPooled = layer + 1 < network.layers.count && network.layers[layer + 1] is any PoolingLayer
        let least = isPooled ? next : 0
        var border = MapBatch.Border(least)
        if let gradient = network.gradients[layer] {
            let (rows, columns) = axes(gradient, layer)
            border = MapBatch.Border(
                before: max(least, rows.before), right: max(least, columns.after), bottom: max(least, rows.after))
        }
        let batch = MapBatch(count: count, extent, border: border, zeros: zeros)
        if let tap = network.taps.firstIndex(of: layer) { fill(tap, batch.maps) }
        return batch
    }

    private func axes(_ gradient: ConvolutionGradient, _ layer: Int) -> (
        rows: ConvolutionGradient.Axis, columns: ConvolutionGradient.Axis
    ) {
        (gradient.axis(stream.extents[layer].height), gradient.axis(stream.extents[layer].width))
    }

    /// Where the results of a layer are positive; nothing where no ReLU has made them.
    private func gates(_ layer: Int) -> [MapGate] {
        guard network.layers[layer] is Convolution else { return [] }
        return kept[layer].map { $0.maps.map { MapGate($0) } } ?? flags[layer].map(\.gate)
    }

    /// The gradient of images from that of what the network has seen.
    private func planar(_ gradient: MapBatch, _ firstRow: Int, _ firstColumn: Int) -> Tensor {
        let (height, width) = (stream.extents[0].height, stream.extents[0].width)
        return Tensor(uninitialized: [count, 3, height, width]) { target in
            for (n, map) in gradient.maps.enumerated() {
                for c in 0..<3 {
                    let slope = scaling.slope(c)
                    for y in 0..<height {
                        let source = map.row(firstRow + y) + firstColumn * 3 + c
                        let start = ((n * 3 + c) * height + y) * width
                        for x in 0..<width { target[start + x] = slope * source[3 * x] }
                    }
                }
            }
        }
    }
}
