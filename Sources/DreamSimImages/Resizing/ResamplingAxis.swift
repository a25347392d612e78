import CDreamSimKernels

/// How every output sample of one axis is made from input samples, in fixed point with 22 fractional bits.
///
/// The arithmetic is Pillow's, step by step: bounds and weights in double precision, normalized, then rounded to
/// integers (8-bit samples leave 32 - 8 - 2 = 22 bits for the fraction).
struct ResamplingAxis {
    private(set) var starts: [Int32] = []
    private(set) var counts: [Int32] = []
    private(set) var weights: [Int32] = []
    /// The distance between the weights of two outputs.
    let stride: Int

    /// Plans one axis.
    ///
    /// - Parameters:
    ///   - input: The number of input samples.
    ///   - from: Where the resampled range begins, in samples; single precision as in Pillow.
    ///   - to: Where it ends.
    ///   - output: The number of output samples.
    ///   - filter: The filter.
    ///   - antialias: Whether the filter widens with the ratio when the axis shrinks.
    init(input: Int, from: Float, to: Float, output: Int, filter: ResamplingFilter, antialias: Bool) {
        let scale = Double(to - from) / Double(output)
        let filterScale = antialias ? max(scale, 1) : 1
        let support = filter.support * filterScale
        stride = Int(support.rounded(.up)) * 2 + 1
        starts.reserveCapacity(output)
        counts.reserveCapacity(output)
        weights = [Int32](repeating: 0, count: output * stride)
        var exact = [Double](repeating: 0, count: stride)
        for i in 0..<output {
            let center = Double(from) + (Double(i) + 0.5) * scale
            let inverse = 1 / filterScale
            let first = max(Int(center - support + 0.5), 0)
            let count = min(Int(center + support + 0.5), input) - first
            var sum = 0.0
            for k in 0..<count {
                exact[k] = filter.weight(at: (Double(k + first) - center + 0.5) * inverse)
                sum += exact[k]
            }
            for k in 0..<count {
                let weight = sum != 0 ? exact[k] / sum : exact[k]
                let scaled = weight * Double(1 << 22)
                weights[i * stride + k] = Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
            }
            starts.append(Int32(first))
            counts.append(Int32(count))
        }
    }

    /// The input samples that are used at all.
    var usedRange: Range<Int> {
        let end = zip(starts, counts).map { Int($0) + Int($1) }.max() ?? 0
        return Int(starts.min() ?? 0)..<end
    }

    /// The same plan for input that begins `offset` samples later.
    func shifted(by offset: Int) -> ResamplingAxis {
        var result = self
        for i in result.starts.indices { result.starts[i] -= Int32(offset) }
        return result
    }

    /// Calls a closure with the plan in the form of the kernels.
    func withKernelPlan<R>(_ body: (UnsafePointer<DreamSimResampling>) -> R) -> R {
        starts.withUnsafeBufferPointer { starts in
            counts.withUnsafeBufferPointer { counts in
                weights.withUnsafeBufferPointer { weights in
                    var plan = DreamSimResampling(
                        starts: starts.baseAddress, counts: counts.baseAddress, weights: weights.baseAddress,
                        stride: stride, outputs: starts.count)
                    return withUnsafePointer(to: &plan, body)
                }
            }
        }
    }
}
