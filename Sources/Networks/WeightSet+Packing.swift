import Tensors

extension WeightSet {
    /// The same weights with every matrix in the arrangement that products take, [outputs / 16, inputs, 16] instead of
    /// [outputs, inputs]. Kept in a file and mapped, they are used as they are: nothing is copied and no memory taken.
    /// - Parameter configuration: the architecture; it says which weights are matrices.
    /// - Throws: `NetworkError` with `.missingWeight` or `.shapeMismatch`.
    public func packed(for configuration: VisionTransformerConfiguration) throws(NetworkError) -> WeightSet {
        var packed = self
        for (name, shape) in configuration.matrices {
            packed.tensors[name] = try matrix(name, shape).panels
        }
        return packed
    }

    /// The matrix of a name, packed now if it is not yet.
    /// - Parameter shape: [outputs, inputs], or more extents of which the last ones multiply to the inputs.
    func matrix(_ name: String, _ shape: Shape) throws(NetworkError) -> PackedMatrix {
        let (outputs, inputs) = (shape[0], shape.dimensions.dropFirst().reduce(1, *))
        if let tensor = tensors[name], tensor.shape == PackedMatrix.shape(outputs: outputs, inputs: inputs) {
            return PackedMatrix(panels: tensor, outputs: outputs)
        }
        return PackedMatrix(packing: try tensor(name, shape).reshaped([outputs, inputs]))
    }
}

extension VisionTransformerConfiguration {
    /// The names and shapes of the weights that are multiplied with.
    fileprivate var matrices: [(name: String, shape: Shape)] {
        [("patch_embed.proj.weight", [width, 3, patchSize, patchSize])]
            + (0..<depth).flatMap { index -> [(name: String, shape: Shape)] in
                [
                    ("blocks.\(index).attn.qkv.weight", [3 * width, width]),
                    ("blocks.\(index).attn.proj.weight", [width, width]),
                    ("blocks.\(index).mlp.fc1.weight", [mlpWidth, width]),
                    ("blocks.\(index).mlp.fc2.weight", [width, mlpWidth]),
                ]
            }
    }
}
