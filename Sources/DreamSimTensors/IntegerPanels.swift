internal import CDreamSimKernels

/// A weight W [outputs, inputs], rounded to integers and arranged for multiplication. The inputs are taken in blocks, and
/// each block of each output has a scale of its own; the sums over a block are exact.
package struct IntegerPanels: Sendable {
    /// [panels, blocks, block / n, 16, n], with n = 2 of int16 and n = 4 of int8.
    package let integers: IntegerTensor
    /// [panels, blocks, 2, 16]: what a unit stands for, and 128 times the sum of a block's integers.
    package let scales: Tensor

    /// Takes what was packed before.
    package init(integers: IntegerTensor, scales: Tensor) {
        (self.integers, self.scales) = (integers, scales)
    }

    /// Rounds to nearest.
    /// - Parameters:
    ///   - weight: [outputs, inputs].
    ///   - precision: `.int16` or `.int8`.
    ///   - block: the inputs of a block, a multiple of 4 and at most 512.
    package init(rounding weight: Tensor, to precision: Precision, block: Int) {
        precondition(
            weight.shape.rank == 2 && block > 0 && block <= Int(DSV_INTEGER_BLOCK)
                && block.isMultiple(of: Int(DSV_INTEGER_STEP)),
            "cannot round shape \(weight.shape) in blocks of \(block)")
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        let scaleShape = Self.scaleShape(outputs: outputs, inputs: inputs, block: block)
        var scales = Tensor(zeros: scaleShape)
        integers = IntegerTensor(
            uninitialized: Self.shape(outputs: outputs, inputs: inputs, block: block, precision), precision
        ) { memory in
            scales.withUnsafeMutableBufferPointer { scales in
                weight.withUnsafeBufferPointer { weight in
                    let work = Rounding(
                        memory: memory, scales: scales.baseAddress!, weight: weight.baseAddress!)
                    let panelScales = scaleShape[1] * scaleShape[2] * scaleShape[3]
                    Parallel.forEach(scaleShape[0]) { panel in
                        let first = panel * PackedMatrix.panel
                        dsv_pack_integers(
                            work.weight + first * inputs, inputs, min(PackedMatrix.panel, outputs - first), inputs,
                            precision.kernel, block,
                            work.memory + first * scaleShape[1] * block * precision.size,
                            work.scales + panel * panelScales)
                    }
                }
            }
        }
        self.scales = scales
    }

    /// `@unchecked Sendable`: memory that outlives the parallel loop; every thread writes its own part of it.
    private struct Rounding: @unchecked Sendable {
        let memory: UnsafeMutableRawPointer
        let scales: UnsafeMutablePointer<Float>
        let weight: UnsafePointer<Float>
    }

    package var precision: Precision { integers.precision }

    /// The inputs of a block.
    package var block: Int { integers.shape[2] * integers.shape[4] }

    /// The shape of the integers of a weight.
    package static func shape(outputs: Int, inputs: Int, block: Int, _ precision: Precision) -> Shape {
        let together = 4 / precision.size
        return [
            (outputs + PackedMatrix.panel - 1) / PackedMatrix.panel, (inputs + block - 1) / block, block / together,
            PackedMatrix.panel, together,
        ]
    }

    /// The shape of the scales of a weight.
    package static func scaleShape(outputs: Int, inputs: Int, block: Int) -> Shape {
        [(outputs + PackedMatrix.panel - 1) / PackedMatrix.panel, (inputs + block - 1) / block, 2, PackedMatrix.panel]
    }

    /// Whether integers and scales are those of a weight.
    package func fits(outputs: Int, inputs: Int) -> Bool {
        let shape = integers.shape
        guard shape.rank == 5, block > 0, block <= Int(DSV_INTEGER_BLOCK) else { return false }
        return shape == Self.shape(outputs: outputs, inputs: inputs, block: block, precision)
            && scales.shape == Self.scaleShape(outputs: outputs, inputs: inputs, block: block)
    }

    /// What the integers stand for, W [outputs, inputs].
    func widened(outputs: Int, inputs: Int) -> Tensor {
        integers.withUnsafeBytes { integers in
            scales.withUnsafeBufferPointer { scales in
                Tensor(uninitialized: [outputs, inputs]) {
                    dsv_unpack_integers(
                        integers.baseAddress!, scales.baseAddress!, outputs, inputs, precision.kernel, block,
                        $0.baseAddress!)
                }
            }
        }
    }
}

extension Precision {
    /// The bytes of a weight.
    package var size: Int {
        switch self {
        case .float32: 4
        case .int16: 2
        case .int8: 1
        }
    }

    /// What the product of integers calls it.
    var kernel: Int32 { Int32(self == .int8 ? DSV_INT8.rawValue : DSV_INT16.rawValue) }
}
