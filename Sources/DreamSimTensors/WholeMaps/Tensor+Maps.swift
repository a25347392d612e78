extension MapRows {
    /// Views of the maps of a batch [N, H, W, C] in contiguous memory.
    static func views(of base: UnsafeMutablePointer<Float>, shape: Shape) -> [MapRows] {
        let size = shape[1] * shape[2] * shape[3]
        return (0..<shape[0]).map {
            MapRows(base + $0 * size, rows: shape[1], columns: shape[2], channels: shape[3])
        }
    }

    /// The same for maps that are only read.
    static func views(reading base: UnsafePointer<Float>, shape: Shape) -> [MapRows] {
        views(of: UnsafeMutablePointer(mutating: base), shape: shape)
    }
}

extension MapBatch {
    /// Copies maps [N, H, W, C] into the borders.
    package func fill(from x: Tensor) {
        precondition(
            x.shape == [count, extent.height, extent.width, extent.channels], "maps \(x.shape) into \(extent)")
        let maps = maps
        x.withUnsafeBufferPointer { values in
            let sources = MapRows.views(reading: values.baseAddress!, shape: x.shape)
            Parallel.forEachRange(count * extent.height, multiple: 1) { range in
                for index in range {
                    let (image, row) = index.quotientAndRemainder(dividingBy: extent.height)
                    maps[image].row(row).update(
                        from: sources[image].row(row), count: extent.width * extent.channels)
                }
            }
        }
    }
}

extension Tensor {
    /// A batch with its channels moved to the end: [N, C, H, W] to [N, H, W, C].
    package func channelsLast() -> Tensor {
        precondition(shape.rank == 4, "channels of \(shape)")
        return exchanged(shape[1], shape[2] * shape[3], to: [shape[0], shape[2], shape[3], shape[1]])
    }

    /// A batch with its channels moved to the front: [N, H, W, C] to [N, C, H, W].
    package func channelsFirst() -> Tensor {
        precondition(shape.rank == 4, "channels of \(shape)")
        return exchanged(shape[1] * shape[2], shape[3], to: [shape[0], shape[3], shape[1], shape[2]])
    }

    /// Each image's matrix of so many rows and columns transposed.
    private func exchanged(_ rows: Int, _ columns: Int, to shape: Shape) -> Tensor {
        withUnsafeBufferPointer { source in
            Tensor(uninitialized: shape) { target in
                for image in 0..<shape[0] {
                    let start = image * rows * columns
                    for c in 0..<columns {
                        for r in 0..<rows { target[start + c * rows + r] = source[start + r * columns + c] }
                    }
                }
            }
        }
    }

    /// Maps of the same extents side by side in their channels: [N, H, W, C1 + C2 + …].
    package static func joiningChannels(_ maps: [Tensor]) -> Tensor {
        let (first, channels) = (maps[0].shape, maps.map { $0.shape[3] })
        precondition(
            maps.allSatisfy { $0.shape.dimensions.dropLast() == first.dimensions.dropLast() },
            "cannot join \(maps.map(\.shape))")
        let width = channels.reduce(0, +)
        return Tensor(uninitialized: [first[0], first[1], first[2], width]) { target in
            var offset = 0
            for map in maps {
                let count = map.shape[3]
                map.withUnsafeBufferPointer { source in
                    for place in 0..<(source.count / count) {
                        for c in 0..<count { target[place * width + offset + c] = source[place * count + c] }
                    }
                }
                offset += count
            }
        }
    }

    /// The backward pass of `joiningChannels`: the gradients of the maps that were joined.
    package func splittingChannels(_ channels: [Int]) -> [Tensor] {
        let width = shape[3]
        precondition(channels.reduce(0, +) == width, "\(width) channels into \(channels)")
        var offset = 0
        return channels.map { count in
            defer { offset += count }
            let start = offset
            return withUnsafeBufferPointer { source in
                Tensor(uninitialized: [shape[0], shape[1], shape[2], count]) { target in
                    for place in 0..<(target.count / max(count, 1)) {
                        for c in 0..<count { target[place * count + c] = source[place * width + start + c] }
                    }
                }
            }
        }
    }
}
