import Tensors

extension WeightSet {
    /// What takes the place of `.weight` in the name of a packed weight.
    static let packedLeaf = ".panels"

    /// The same weights with those of linear layers arranged as the products read them, so that a file of them can be
    /// mapped and used without a further step: `blocks.0.attn.qkv.weight` [outputs, inputs] becomes
    /// `blocks.0.attn.qkv.panels` [panels, inputs, 16].
    package func packed(for configuration: VisionTransformerConfiguration) -> WeightSet {
        var packed = self
        for layer in VisionTransformer.linearLayers(of: configuration) {
            guard let weight = packed.tensors.removeValue(forKey: layer + ".weight") else { continue }
            let outputs = weight.shape[0]
            let matrix = weight.reshaped([outputs, weight.count / max(outputs, 1)])
            packed.tensors[layer + Self.packedLeaf] = PackedMatrix(packing: matrix).panels
        }
        return packed
    }

    /// A linear layer's weight, packed already or packed here.
    /// - Throws: `NetworkError` with `.missingWeight` or `.shapeMismatch`.
    func matrix(_ layer: String, outputs: Int, inputs: Int, stored: Shape? = nil) throws(NetworkError) -> PackedMatrix {
        if let panels = tensors[layer + Self.packedLeaf] {
            let shape = PackedMatrix.shape(outputs: outputs, inputs: inputs)
            guard panels.shape == shape else {
                throw NetworkError(
                    .shapeMismatch, path: origin, key: layer + Self.packedLeaf,
                    "has shape \(panels.shape), expected \(shape)")
            }
            return PackedMatrix(panels: panels, outputs: outputs)
        }
        let weight = try tensor(layer + ".weight", stored ?? [outputs, inputs])
        return PackedMatrix(packing: weight.reshaped([outputs, inputs]))
    }
}
