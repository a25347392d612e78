extension Tensor {
    /// self += scale * other.
    mutating func add(_ other: Tensor, scale: Float = 1) {
        precondition(other.shape == shape, "sum of \(shape) and \(other.shape)")
        withUnsafeMutableBufferPointer { sum in
            other.withUnsafeBufferPointer { for i in sum.indices { sum[i] += scale * $0[i] } }
        }
    }

    /// Every value times a factor.
    func scaled(by factor: Float) -> Tensor {
        var result = self
        result.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] *= factor } }
        return result
    }
}

extension [String: Tensor] {
    /// A tensor that whoever made the dictionary put into it.
    func named(_ name: String) -> Tensor {
        guard let tensor = self[name] else { preconditionFailure("no '\(name)' among \(keys.sorted())") }
        return tensor
    }
}

extension SeededGenerator {
    /// Numbers of the normal distribution, as many as asked for.
    mutating func normals(_ count: Int, spread: Float) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(count + 1)
        while result.count < count {
            let (a, b) = normals()
            result.append(spread * Float(a))
            result.append(spread * Float(b))
        }
        return Array(result.prefix(count))
    }
}
