import DreamSimTensors

extension ScalarField {
    /// The mean over the square of `2 * radius + 1` places a side around each place, as far as it lies inside.
    func boxMean(_ radius: Int) -> ScalarField {
        let (width, height) = (width, height)
        let across = Self.running(values, lines: height, length: width, lineStride: width, step: 1, radius)
        return ScalarField(
            width: width, height: height,
            values: Self.running(across, lines: width, length: height, lineStride: 1, step: width, radius))
    }

    /// A blur near a Gaussian's: the box mean three times over (Wells 1986).
    func blurred(sigma: Double) -> ScalarField {
        // Three boxes of 2r + 1 have the variance r(r + 1).
        let radius = max(1, Int(((sigma * sigma + 0.25).squareRoot() - 0.5).rounded()))
        return boxMean(radius).boxMean(radius).boxMean(radius)
    }

    /// Means along parallel lines, lines together so that neighbors in memory are visited together.
    private static func running(
        _ values: [Float], lines: Int, length: Int, lineStride: Int, step: Int, _ radius: Int
    ) -> [Float] {
        [Float](unsafeUninitializedCapacity: values.count) { target, count in
            let target = UnsafeSendablePointer(target.baseAddress!)
            values.withUnsafeBufferPointer { source in
                let source = UnsafeSendablePointer(UnsafeMutablePointer(mutating: source.baseAddress!))
                Parallel.forEachRange(lines, multiple: 64) { range in
                    var sums = [Double](repeating: 0, count: range.count)
                    for position in -radius..<length {
                        let (entering, leaving) = (position + radius, position - radius - 1)
                        let members = min(entering, length - 1) - max(leaving, -1)
                        let scale = members > 0 ? 1 / Double(members) : 0
                        for (i, line) in range.enumerated() {
                            let base = line * lineStride
                            if entering < length { sums[i] += Double(source.pointer[base + entering * step]) }
                            if leaving >= 0 { sums[i] -= Double(source.pointer[base + leaving * step]) }
                            if position >= 0 { target.pointer[base + position * step] = Float(sums[i] * scale) }
                        }
                    }
                }
            }
            count = values.count
        }
    }
}
