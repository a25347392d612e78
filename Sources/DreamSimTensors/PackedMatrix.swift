internal import CDreamSimKernels

/// A weight W [outputs, inputs] arranged for multiplication: panels of 16 outputs, [panels, inputs, 16], the last one
/// filled up with zeros. The arrangement is the same on every processor, so that it can be kept in a file and mapped.
package struct PackedMatrix: Sendable {
    /// The outputs of a panel.
    package static let panel = Int(DSV_PANEL)

    package let outputs: Int
    package let inputs: Int
    package let panels: Panels

    /// The numbers, in one of the precisions.
    package enum Panels: Sendable {
        /// [panels, inputs, 16].
        case single(Tensor)
        case integers(IntegerPanels)
    }

    /// Packs a weight.
    /// - Parameter weight: [outputs, inputs].
    package init(packing weight: Tensor) {
        self.init(weight, outputs: 0, multiple: 16 * Self.panel) { source, range, panels in
            dsv_pack(source.rows(range).base, source.columns, range.count, source.columns, panels)
        }
    }

    /// Packs the transpose of a weight.
    /// - Parameter weight: [inputs, outputs].
    package init(packingTransposed weight: Tensor) {
        self.init(weight, outputs: 1, multiple: Self.panel) { source, range, panels in
            dsv_pack_transposed(source.columns(range).base, source.columns, range.count, source.rows, panels)
        }
    }

    /// Packs ranges of the outputs, which are the rows or the columns of a weight, on several threads.
    private init(
        _ weight: Tensor, outputs axis: Int, multiple: Int,
        _ pack: @Sendable (MatrixView, Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) {
        precondition(weight.shape.rank == 2, "cannot pack shape \(weight.shape)")
        let (outputs, inputs) = (weight.shape[axis], weight.shape[1 - axis])
        (self.outputs, self.inputs) = (outputs, inputs)
        panels = .single(
            weight.withUnsafeBufferPointer { weight in
                Tensor(uninitialized: Self.shape(outputs: outputs, inputs: inputs)) { panels in
                    let source = MatrixView(
                        reading: weight.baseAddress!, rows: axis == 0 ? outputs : inputs,
                        columns: axis == 0 ? inputs : outputs)
                    let target = MatrixView(panels.baseAddress!, rows: outputs, columns: inputs)
                    Parallel.forEachRange(outputs, multiple: multiple) { pack(source, $0, target.rows($0).base) }
                }
            })
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
        self.panels = .single(panels)
    }

    /// Takes integers that were packed before.
    package init(integers: IntegerPanels, outputs: Int, inputs: Int) {
        precondition(
            integers.fits(outputs: outputs, inputs: inputs),
            "integers of shape \(integers.integers.shape) for \(outputs)x\(inputs)")
        (self.outputs, self.inputs, panels) = (outputs, inputs, .integers(integers))
    }

    /// The shape of the panels of a weight.
    package static func shape(outputs: Int, inputs: Int) -> Shape {
        [(outputs + panel - 1) / panel, inputs, panel]
    }

    /// W [outputs, inputs]; of integers, what they stand for.
    package func unpacked() -> Tensor {
        switch panels {
        case .integers(let panels): panels.widened(outputs: outputs, inputs: inputs)
        case .single(let panels):
            panels.withUnsafeBufferPointer { panels in
                Tensor(uninitialized: [outputs, inputs]) {
                    dsv_unpack(panels.baseAddress!, outputs, inputs, $0.baseAddress!)
                }
            }
        }
    }

    /// Calls a closure with panels in single precision.
    func withPanels<R>(_ body: (PanelPointer) -> R) -> R {
        guard case .single(let tensor) = panels else { preconditionFailure("panels of integers") }
        return tensor.withUnsafeBufferPointer { body(PanelPointer(base: $0.baseAddress!, inputs: inputs)) }
    }
}

/// Where packed panels lie, for kernel files only.
///
/// `@unchecked Sendable`: read-only memory, valid inside `PackedMatrix.withPanels`.
struct PanelPointer: @unchecked Sendable {
    let base: UnsafePointer<Float>
    let inputs: Int

    /// Makes a product take its weights from the panel that holds an output.
    func place(in product: inout dsv_product, from output: Int) {
        product.w = base + output / PackedMatrix.panel * PackedMatrix.panel * inputs
        product.w_panel = inputs * PackedMatrix.panel
    }
}
