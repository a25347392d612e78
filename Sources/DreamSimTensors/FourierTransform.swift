import Foundation

/// The discrete Fourier transform of planes in double precision, of any size: Cooley and Tukey's (1965), one prime factor of the
/// size after the other.
package struct FourierTransform: Sendable {
    /// A complex number: its real and its imaginary part.
    package typealias Complex = SIMD2<Double>

    private let count: Int
    private let factors: [Int]
    /// exp(-2 pi i k / count).
    private let roots: [Complex]

    /// - Parameter count: the number of values, at least 1.
    package init(count: Int) {
        precondition(count > 0, "a transform of \(count) values")
        self.count = count
        var (rest, factors, factor) = (count, [Int](), 2)
        while rest > 1 {
            while rest % factor == 0 {
                factors.append(factor)
                rest /= factor
            }
            factor = factor * factor > rest ? max(rest, 2) : factor + 1
        }
        self.factors = factors
        roots = (0..<count).map { k in
            let angle = -2 * Double.pi * Double(k) / Double(count)
            return Complex(cos(angle), sin(angle))
        }
    }

    /// The transform of a row: the sum of x[j] exp(-2 pi i j k / count).
    package func forward(_ row: [Complex]) -> [Complex] {
        precondition(row.count == count, "\(row.count) values for a transform of \(count)")
        var result = row
        var scratch = [Complex](repeating: .zero, count: max(1, factors.max() ?? 1))
        transform(row, from: 0, step: 1, into: &result, at: 0, count, factors[...], &scratch)
        return result
    }

    private func transform(
        _ source: [Complex], from first: Int, step: Int, into target: inout [Complex], at place: Int, _ size: Int,
        _ factors: ArraySlice<Int>, _ scratch: inout [Complex]
    ) {
        guard let factor = factors.first else {
            target[place] = source[first]
            return
        }
        let part = size / factor
        for q in 0..<factor {
            transform(
                source, from: first + q * step, step: step * factor, into: &target, at: place + q * part, part,
                factors.dropFirst(), &scratch)
        }
        // What one step of this size is among the roots of the whole.
        let turn = count / size
        for k in 0..<part {
            for q in 0..<factor { scratch[q] = Self.product(target[place + q * part + k], roots[q * k * turn]) }
            for r in 0..<factor {
                var sum = scratch[0]
                for q in 1..<factor { sum += Self.product(scratch[q], roots[q * r * part * turn % count]) }
                target[place + r * part + k] = sum
            }
        }
    }

    private static func product(_ a: Complex, _ b: Complex) -> Complex {
        Complex(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
    }

    /// The transform of a plane, row by row.
    /// - Parameter isInverse: the inverse one, divided by the number of values.
    package static func plane(
        _ values: [Complex], height: Int, width: Int, isInverse: Bool = false
    ) -> [Complex] {
        precondition(values.count == height * width, "\(values.count) values for \(width)x\(height)")
        // The inverse is the conjugate of the transform of the conjugate.
        func turned(_ values: [Complex]) -> [Complex] {
            isInverse ? values.map { Complex($0.x, -$0.y) } : values
        }
        let (rows, columns) = (FourierTransform(count: width), FourierTransform(count: height))
        let source = turned(values)
        let across = Parallel.map(height) { y in rows.forward(Array(source[(y * width)..<((y + 1) * width)])) }
        let down = Parallel.map(width) { x in columns.forward(across.map { $0[x] }) }
        let scale = isInverse ? 1 / Double(height * width) : 1
        return turned((0..<(height * width)).map { down[$0 % width][$0 / width] * scale })
    }
}
