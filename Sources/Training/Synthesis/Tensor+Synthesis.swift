import Foundation
import Tensors

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

    /// Whether there is neither NaN nor infinity.
    var isFinite: Bool { withUnsafeBufferPointer { $0.allSatisfy(\.isFinite) } }
}

extension [String: Tensor] {
    /// A tensor that whoever made the dictionary put into it.
    func named(_ name: String) -> Tensor {
        guard let tensor = self[name] else { preconditionFailure("no '\(name)' among \(keys.sorted())") }
        return tensor
    }
}

extension SeededGenerator {
    /// Evenly from 0 up to and without 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Evenly from a range of whole numbers.
    mutating func integer(in range: ClosedRange<Int>) -> Int {
        min(range.upperBound, range.lowerBound + Int(unit() * Double(range.count)))
    }

    /// A number of the normal distribution (Box and Muller 1958).
    mutating func normal() -> Float {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return Float(radius * cos(2 * Double.pi * unit()))
    }
}
