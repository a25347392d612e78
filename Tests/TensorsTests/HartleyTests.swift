import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("Hartley transform")
struct HartleyTests {
    @Test("It is its own inverse, for sides of any length", arguments: [(1, 1), (8, 8), (7, 12), (33, 20)])
    func inverse(height: Int, width: Int) {
        let planes = Tensor(
            VectorMathTests.values(3 * height * width, seed: 1, range: -1...1), shape: [3, height, width])
        let transform = HartleyTransform(height: height, width: width)
        let difference = Difference(transform.transformed(transform.transformed(planes)), planes)
        #expect(difference.relativeL2 < 1e-6, "\(difference)")
    }

    @Test("Its coefficients are sums of cas waves, and their energy by frequency is the Fourier transform's")
    func waves() {
        let (height, width) = (5, 6)
        let values = VectorMathTests.values(height * width, seed: 2, range: -1...1)
        let result = HartleyTransform(height: height, width: width)
            .transformed(Tensor(values, shape: [1, height, width])).values
        func fourier(_ v: Int, _ u: Int) -> (real: Double, imaginary: Double) {
            var sum = (0.0, 0.0)
            for y in 0..<height {
                for x in 0..<width {
                    let angle = 2 * Double.pi * (Double(v * y) / Double(height) + Double(u * x) / Double(width))
                    sum.0 += Double(values[y * width + x]) * cos(angle)
                    sum.1 += Double(values[y * width + x]) * sin(angle)
                }
            }
            return sum
        }
        for v in 0..<height {
            for u in 0..<width {
                let mirrored =
                    [(v, u), ((height - v) % height, u), (v, (width - u) % width)]
                    + [((height - v) % height, (width - u) % width)]
                let expected = mirrored.reduce(0.0) { sum, place in
                    let wave = fourier(place.0, place.1)
                    return sum + (wave.real * wave.real + wave.imaginary * wave.imaginary) / Double(height * width)
                }
                let actual = mirrored.reduce(0.0) { sum, place in
                    let value = Double(result[place.0 * width + place.1])
                    return sum + value * value
                }
                #expect(abs(actual - expected) < 1e-5, "(\(v), \(u))")
            }
        }
    }
}
