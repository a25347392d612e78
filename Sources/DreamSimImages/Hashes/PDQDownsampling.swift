/// PDQ's way from an image to 64 x 64 values: two box filters along each axis, then every so-many-th value.
///
/// Both filters are linear and act on each axis alone, so that a value is a weighted sum of the pixels about its place;
/// only the values that are kept are computed.
struct PDQDownsampling {
    /// The weights of the samples of an axis from `start` on that make one value.
    struct Tap {
        let start: Int
        let weights: [Float]
    }

    /// The luma of an image at 64 x 64 places, in 0...255, row by row.
    static func luma(of image: Image) -> [Float] {
        let (rows, columns) = (taps(image.height), taps(image.width))
        let rowLength = image.width * 3
        var result: [Float] = []
        result.reserveCapacity(64 * 64)
        var sums = [Float](repeating: 0, count: rowLength)
        image.pixels.withUnsafeBufferPointer { pixels in
            for row in rows {
                sums.withUnsafeMutableBufferPointer { sums in
                    sums.update(repeating: 0)
                    for (k, weight) in row.weights.enumerated() {
                        let line = pixels.baseAddress! + (row.start + k) * rowLength
                        for x in 0..<rowLength { sums[x] += weight * Float(line[x]) }
                    }
                }
                for column in columns {
                    var sum: Float = 0
                    for (k, weight) in column.weights.enumerated() {
                        let x = (column.start + k) * 3
                        sum += weight * (0.299 * sums[x] + 0.587 * sums[x + 1] + 0.114 * sums[x + 2])
                    }
                    result.append(sum)
                }
            }
        }
        return result
    }

    /// The weights of an axis of so many samples.
    static func taps(_ count: Int) -> [Tap] {
        let window = (count + 127) / 128
        // A window of even length has one sample more after its center than before it.
        func covered(_ center: Int) -> Range<Int> {
            let end = center + (window + 2) / 2
            return max(0, end - window)..<min(count, end)
        }
        return (0..<64).map { i in
            let second = covered((2 * i + 1) * count / 128)
            let first = covered(second.lowerBound).lowerBound..<covered(second.upperBound - 1).upperBound
            // Each sample of the second window adds an equal share to all of its first one: steps up and down, summed.
            var steps = [Double](repeating: 0, count: first.count + 1)
            for center in second {
                let range = covered(center)
                let share = 1 / Double(second.count * range.count)
                steps[range.lowerBound - first.lowerBound] += share
                steps[range.upperBound - first.lowerBound] -= share
            }
            var sum = 0.0
            return Tap(
                start: first.lowerBound,
                weights: steps.dropLast().map {
                    sum += $0
                    return Float(sum)
                })
        }
    }
}
