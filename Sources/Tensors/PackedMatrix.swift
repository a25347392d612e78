internal import CVectorMath

/// A weight W [outputs, inputs] arranged for multiplication: panels of 16 outputs, [panels, inputs, 16], the last one
/// filled up with zeros. The arrangement is the same on every processor, so that it can be kept in a file and mapped.
package struct PackedMatrix: Sendable {
    /// The outputs of a panel.
    package static let panel = Int(DSV_PANEL)

    package let outputs: Int
    package let inputs: Int
    /// [panels, inputs, 16].
    package let panels: Tensor

    /// Packs a weight.
    /// - Parameter weight: [outputs, inputs].
    package init(packing weight: Tensor) {
        precondition(weight.shape.rank == 2, "cannot pack shape \(weight.shape)")
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        self.outputs = outputs
        self.inputs = inputs
        self.panels = weight.withUnsafeBufferPointer { weight in
            Tensor(uninitialized: Self.shape(outputs: outputs, inputs: inputs)) { panels in
                let (source, target) = (
                    MatrixView(reading: weight.baseAddress!, rows: outputs, columns: inputs),
                    MatrixView(panels.baseAddress!, rows: outputs, columns: inputs)
                )
                Parallel.forEachRange(outputs, multiple: 16 * Self.panel) { range in
                    dsv_pack(
                        source.rows(range).base, inputs, range.count, inputs, target.rows(range).base)
                }
            }
        }
    }

    /// Takes panels that were packed before.
    /// - Parameter panels: [panels, inputs, 16].
    package init(panels: Tensor, outputs: Int) {
        let inputs = panels.shape[1]
        precondition(
            panels.shape == Self.shape(outputs: outputs, inputs: inputs),
            "panels of shape \(panels.shape) for \(outputs) outputs")
        self.outputs = outputs
        self.inputs = inputs
        self.panels = panels
    }

    /// The shape of the panels of a weight.
    package static func shape(outputs: Int, inputs: Int) -> Shape {
        [(outputs + panel - 1) / panel, inputs, panel]
    }

    /// W [outputs, inputs].
    package func unpacked() -> Tensor {
        panels.withUnsafeBufferPointer { panels in
            Tensor(uninitialized: [outputs, inputs]) {
                dsv_unpack(panels.baseAddress!, outputs, inputs, $0.baseAddress!)
            }
        }
    }

    /// The start of the panel that holds an output.
    func panel(of output: Int, _ base: UnsafePointer<Float>) -> UnsafePointer<Float> {
        base + output / Self.panel * Self.panel * inputs
    }
}
