import Foundation

/// From three planes of free numbers to red, green and blue in (0, 1): a matrix, then the logistic function.
struct ImageColors: Sendable {
    /// Of the matrix that takes a place's three numbers to red, green and blue, by rows.
    private let matrix: [Float]
    private let inverse: [Float]

    private init(matrix: [Double]) {
        self.matrix = matrix.map(Float.init)
        inverse = Self.inverse(of: matrix).map(Float.init)
    }

    /// Red, green and blue as they are.
    static let plain = ImageColors(matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1])

    /// Brightness and two contrasts of color that are about independent in photographs, each as strong as it is there, so
    /// that steps change brightness first. The root of the colors' covariance over ImageNet as Lucid has it (Olah et al.
    /// 2017, Feature Visualization), divided by the norm of its first column.
    static let decorrelated = ImageColors(
        matrix: [0.26, 0.09, 0.02, 0.27, 0.00, -0.05, 0.27, -0.09, 0.03].map { $0 / 0.46195 })

    private static func inverse(of m: [Double]) -> [Double] {
        func minor(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> Double { m[a] * m[d] - m[b] * m[c] }
        let cofactors = [
            minor(4, 5, 7, 8), -minor(1, 2, 7, 8), minor(1, 2, 4, 5), -minor(3, 5, 6, 8), minor(0, 2, 6, 8),
            -minor(0, 2, 3, 5), minor(3, 4, 6, 7), -minor(0, 1, 6, 7), minor(0, 1, 3, 4),
        ]
        let determinant = m[0] * cofactors[0] + m[1] * cofactors[3] + m[2] * cofactors[6]
        return cofactors.map { $0 / determinant }
    }

    /// The image [1, 3, H, W] of planes [3, H, W].
    func image(_ planes: Tensor) -> Tensor {
        precondition(planes.shape.rank == 3 && planes.shape[0] == 3, "colors of \(planes.shape)")
        var result = Self.mixed(planes, by: matrix)
        result.withUnsafeMutableBufferPointer { values in
            for i in values.indices { values[i] = 1 / (1 + exp(-values[i])) }
        }
        return result.reshaped(Shape([1] + planes.shape.dimensions))
    }

    /// The gradient of the planes, given that of the image that they became.
    func backward(_ gradient: Tensor, image: Tensor) -> Tensor {
        var slopes = gradient
        slopes.withUnsafeMutableBufferPointer { slopes in
            image.withUnsafeBufferPointer { image in
                for i in slopes.indices { slopes[i] *= image[i] * (1 - image[i]) }
            }
        }
        let m = matrix
        return Self.mixed(
            slopes.reshaped(Shape(Array(gradient.shape.dimensions.dropFirst()))),
            by: [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]])
    }

    /// The planes of an image; black and white, which lie infinitely far out, are taken as a 512th and the rest.
    func planes(of image: Tensor) -> Tensor {
        var logits = image.reshaped(Shape(Array(image.shape.dimensions.dropFirst())))
        logits.withUnsafeMutableBufferPointer { values in
            for i in values.indices {
                let value = min(max(values[i], 1 / 512), 511 / 512)
                values[i] = log(value / (1 - value))
            }
        }
        return Self.mixed(logits, by: inverse)
    }

    private static func mixed(_ planes: Tensor, by m: [Float]) -> Tensor {
        let count = planes.shape[1] * planes.shape[2]
        return planes.withUnsafeBufferPointer { x in
            Tensor(uninitialized: planes.shape) { y in
                for i in 0..<count {
                    let (a, b, c) = (x[i], x[count + i], x[2 * count + i])
                    y[i] = m[0] * a + m[1] * b + m[2] * c
                    y[count + i] = m[3] * a + m[4] * b + m[5] * c
                    y[2 * count + i] = m[6] * a + m[7] * b + m[8] * c
                }
            }
        }
    }
}
