/// A small MLP that turns an embedding into another of the same width, y = x + fc2(relu(fc1 x)): DreamSim's way of
/// tuning that leaves the backbones as they are (Fu et al. 2023). Immutable, so that any number of threads may share it.
package struct EmbeddingHead: Sendable {
    /// C, the components of an embedding.
    package let width: Int
    /// H, the units between the two linear layers.
    package let hiddenWidth: Int
    /// What the reference calls `fc1.weight` [H, C], `fc1.bias` [H], `fc2.weight` [C, H] and `fc2.bias` [C].
    package let tensors: [String: Tensor]
    let expansion: Linear
    let contraction: Linear

    /// The names and shapes of a head's weights.
    package static func shapes(width: Int, hiddenWidth: Int) -> [String: Shape] {
        [
            Name.weight1: [hiddenWidth, width], Name.bias1: [hiddenWidth],
            Name.weight2: [width, hiddenWidth], Name.bias2: [width],
        ]
    }

    /// The names of a head's weights.
    enum Name {
        static let weight1 = "fc1.weight"
        static let bias1 = "fc1.bias"
        static let weight2 = "fc2.weight"
        static let bias2 = "fc2.bias"
    }

    /// Gathers a head's weights.
    /// - Parameters:
    ///   - tensors: by the reference's names; just these four.
    ///   - origin: where they come from, for error messages.
    /// - Throws: `DreamSimError` with `.missingWeight`, `.unexpectedWeight`, `.shapeMismatch`, or `.badHead` when they are
    ///   not finite.
    package init(_ tensors: [String: Tensor], origin: String = "head") throws(DreamSimError) {
        guard let weight1 = tensors[Name.weight1] else {
            throw DreamSimError(
                .missingWeight, origin, key: Name.weight1,
                "is not there; a head has fc1 and fc2, each with weight "
                    + "and bias")
        }
        guard weight1.shape.rank == 2, weight1.count > 0 else {
            throw DreamSimError(
                .shapeMismatch, origin, key: Name.weight1, "has shape \(weight1.shape), expected [hidden, width]")
        }
        (hiddenWidth, width) = (weight1.shape[0], weight1.shape[1])
        let shapes = Self.shapes(width: width, hiddenWidth: hiddenWidth)
        func checked(_ name: String) throws(DreamSimError) -> Tensor {
            guard let tensor = tensors[name] else {
                throw DreamSimError(
                    .missingWeight, origin, key: name, "is not there. Nothing is filled in at random")
            }
            guard tensor.shape == shapes[name] else {
                throw DreamSimError(
                    .shapeMismatch, origin, key: name,
                    "has shape \(tensor.shape), expected \(shapes[name] ?? []) beside \(Name.weight1) \(weight1.shape)")
            }
            guard tensor.isFinite else {
                throw DreamSimError(.badHead, origin, key: name, "holds NaN or infinite values; train it again")
            }
            return tensor
        }
        expansion = Linear(weight: try checked(Name.weight1), bias: try checked(Name.bias1))
        contraction = Linear(weight: try checked(Name.weight2), bias: try checked(Name.bias2))
        if let surplus = tensors.keys.filter({ shapes[$0] == nil }).min() {
            throw DreamSimError(.unexpectedWeight, origin, key: surplus, "has no place in a head")
        }
        self.tensors = tensors
    }

    /// A pass with what its backward pass needs.
    package struct Pass: Sendable {
        /// [N, C].
        let input: Tensor
        /// After the rectifier, [N, H].
        let hidden: Tensor
        /// [N, C].
        package let output: Tensor
    }

    /// Turns embeddings [N, C].
    package func forward(_ input: Tensor) -> Pass {
        precondition(input.shape == [input.shape[0], width], "embeddings \(input.shape) for a head of width \(width)")
        var (hidden, output) = (Tensor(zeros: [input.shape[0], hiddenWidth]), input)
        input.withRows { input in
            hidden.withMutableRows { hidden in
                expansion.forward(input, into: hidden, then: .activation(.relu))
                output.withMutableRows { contraction.forward(hidden, into: $0, then: .residual(scale: nil)) }
            }
        }
        return Pass(input: input, hidden: hidden, output: output)
    }

    /// Goes back through a pass.
    /// - Parameters:
    ///   - dOutput: [N, C].
    ///   - sums: where the gradients of the weights are added, under their names; nil when they are not wanted.
    /// - Returns: the gradient of the input, [N, C].
    package func backward(_ dOutput: Tensor, of pass: Pass, into sums: WeightGradients? = nil) -> Tensor {
        precondition(dOutput.shape == pass.output.shape, "gradient \(dOutput.shape) of \(pass.output.shape)")
        var (dHidden, dInput) = (Tensor(zeros: pass.hidden.shape), dOutput)
        dOutput.withRows { dOutput in
            dHidden.withMutableRows { dHidden in
                contraction.transposed().forward(dOutput, into: dHidden, then: .bias)
                pass.hidden.withRows { hidden in
                    for i in 0..<(hidden.rows * hidden.columns) where !(hidden.base[i] > 0) { dHidden.base[i] = 0 }
                    guard let sums else { return }
                    sums.add(
                        contraction, named: "fc2", input: BlockedMatrix(hidden), dOutput: BlockedMatrix(dOutput))
                    pass.input.withRows {
                        sums.add(expansion, named: "fc1", input: BlockedMatrix($0), dOutput: BlockedMatrix(dHidden))
                    }
                }
                dInput.withMutableRows {
                    expansion.transposed().forward(dHidden, into: $0, then: .residual(scale: nil))
                }
            }
        }
        return dInput
    }
}

extension Tensor {
    /// Calls a closure with a matrix, for reading.
    fileprivate func withRows(_ body: (MatrixView) -> Void) {
        withUnsafeBufferPointer { body(MatrixView(reading: $0.baseAddress!, rows: shape[0], columns: shape[1])) }
    }

    /// Calls a closure with a matrix, for writing.
    fileprivate mutating func withMutableRows(_ body: (MatrixView) -> Void) {
        let (rows, columns) = (shape[0], shape[1])
        withUnsafeMutableBufferPointer { body(MatrixView($0.baseAddress!, rows: rows, columns: columns)) }
    }
}
