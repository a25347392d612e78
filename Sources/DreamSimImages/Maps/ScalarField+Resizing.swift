extension ScalarField {
    /// Interpolates to another size: bilinear between the centers of the cells, the border cells reaching outwards (PyTorch's
    /// `interpolate` with `mode="bilinear", align_corners=False`). Not antialiased, so meant for enlarging.
    ///
    /// - Parameters:
    ///   - width: The new number of columns, at least 1.
    ///   - height: The new number of rows, at least 1.
    public func resized(width: Int, height: Int) -> ScalarField {
        if width == self.width && height == self.height { return self }
        let columns = (0..<width).map { Tap($0, from: self.width, to: width) }
        let rows = (0..<height).map { Tap($0, from: self.height, to: height) }
        let values = [Float](unsafeUninitializedCapacity: width * height) { target, count in
            self.values.withUnsafeBufferPointer { source in
                for (y, row) in rows.enumerated() {
                    let (upper, lower) = (row.first * self.width, row.second * self.width)
                    for (x, column) in columns.enumerated() {
                        let top = column.mix(source[upper + column.first], source[upper + column.second])
                        let bottom = column.mix(source[lower + column.first], source[lower + column.second])
                        target[y * width + x] = row.mix(top, bottom)
                    }
                }
            }
            count = width * height
        }
        return ScalarField(width: width, height: height, values: values)
    }

    /// The mean over a grid of equal cells, each weighing what it covers.
    ///
    /// - Parameters:
    ///   - columns: The number of cells across, at least 1.
    ///   - rows: The number of cells down, at least 1.
    public func averaged(columns: Int, rows: Int) -> ScalarField {
        if columns == width && rows == height { return self }
        let across = (0..<columns).map { Self.coverage($0, cells: columns, samples: width) }
        let down = (0..<rows).map { Self.coverage($0, cells: rows, samples: height) }
        var result: [Float] = []
        result.reserveCapacity(columns * rows)
        for row in down {
            for column in across {
                var (sum, weight) = (0.0, 0.0)
                for (y, wy) in row {
                    for (x, wx) in column {
                        sum += wx * wy * Double(values[y * width + x])
                        weight += wx * wy
                    }
                }
                result.append(Float(sum / weight))
            }
        }
        return ScalarField(width: columns, height: rows, values: result)
    }

    /// The samples that a cell covers, and how much of each.
    private static func coverage(_ cell: Int, cells: Int, samples: Int) -> [(Int, Double)] {
        let size = Double(samples) / Double(cells)
        let (from, to) = (Double(cell) * size, Double(cell + 1) * size)
        return (Int(from)..<min(samples, max(Int(to.rounded(.up)), Int(from) + 1))).map { sample in
            (sample, max(1e-12, min(to, Double(sample + 1)) - max(from, Double(sample))))
        }
    }

    /// Two neighbors and the share of the second.
    private struct Tap {
        let first: Int
        let second: Int
        let share: Float

        init(_ index: Int, from source: Int, to target: Int) {
            let scale = Float(source) / Float(target)
            let position = max(0, (Float(index) + 0.5) * scale - 0.5)
            first = min(Int(position), source - 1)
            second = min(first + 1, source - 1)
            share = position - Float(first)
        }

        func mix(_ a: Float, _ b: Float) -> Float { (1 - share) * a + share * b }
    }
}
