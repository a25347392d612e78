/// A map that is read between its places, as `align_corners=False` has it in PyTorch.
struct BilinearMap {
    private let values: [Float]
    private let height: Int
    private let width: Int

    /// - Parameter values: `height * width` values, row by row.
    init(_ values: [Float], height: Int, width: Int) {
        precondition(values.count == height * width, "\(values.count) values for \(width)x\(height)")
        self.values = values
        self.height = height
        self.width = width
    }

    /// Adds the map, brought to another size, to values of that size.
    func add(to sum: inout [Float], height: Int, width: Int) {
        precondition(sum.count == height * width, "\(sum.count) values for \(width)x\(height)")
        let (rows, columns) = (Self.places(self.height, height), Self.places(self.width, width))
        values.withUnsafeBufferPointer { values in
            sum.withUnsafeMutableBufferPointer { sum in
                for y in 0..<height {
                    let (above, below) = (rows[y].first * self.width, rows[y].second * self.width)
                    for x in 0..<width {
                        let place = columns[x]
                        let upper =
                            values[above + place.first] * (1 - place.share) + values[above + place.second] * place.share
                        let lower =
                            values[below + place.first] * (1 - place.share) + values[below + place.second] * place.share
                        sum[y * width + x] += upper * (1 - rows[y].share) + lower * rows[y].share
                    }
                }
            }
        }
    }

    /// For each place of an axis of `outputs`, the two of `inputs` that it lies between and the second one's share.
    private static func places(_ inputs: Int, _ outputs: Int) -> [(first: Int, second: Int, share: Float)] {
        let scale = Float(inputs) / Float(outputs)
        return (0..<outputs).map { i in
            let at = max((Float(i) + 0.5) * scale - 0.5, 0)
            let first = min(Int(at), inputs - 1)
            return (first, min(first + 1, inputs - 1), at - Float(first))
        }
    }
}
