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
            guard case .single(let panels) = PackedMatrix(packing: matrix).panels else { continue }
            packed.tensors[layer + Self.packedLeaf] = panels
        }
        return packed
    }

    /// The same weights with packed ones rounded to a precision.
    package func rounded(to precision: WeightPrecision) -> WeightSet {
        guard precision != .float32 else { return self }
        var rounded = self
        for (name, tensor) in tensors where Self.isPacked(name) {
            rounded.tensors[name] = nil
            rounded.halves[name] = HalfTensor(rounding: tensor, to: precision)
        }
        return rounded
    }

    /// Whether a name is that of a packed weight.
    package static func isPacked(_ name: String) -> Bool { name.hasSuffix(packedLeaf) }

    /// A linear layer's weight, packed already or packed here.
    /// - Throws: `DreamSimError` with `.missingWeight` or `.shapeMismatch`.
    func matrix(_ layer: String, outputs: Int, inputs: Int, stored: Shape? = nil) throws(DreamSimError) -> PackedMatrix
    {
        let name = layer + Self.packedLeaf
        let single = tensors[name].map { PackedMatrix.Panels.single($0) }
        if let panels = single ?? halves[name].map({ .half($0) }) {
            let shape = PackedMatrix.shape(outputs: outputs, inputs: inputs)
            guard panels.shape == shape else {
                throw DreamSimError(
                    .shapeMismatch, origin, key: name, "has shape \(panels.shape), expected \(shape)")
            }
            return PackedMatrix(panels: panels, outputs: outputs)
        }
        let weight = try tensor(layer + ".weight", stored ?? [outputs, inputs])
        return PackedMatrix(packing: weight.reshaped([outputs, inputs]))
    }

    /// What ends the name of a convolution's packed kernel. Kernels are small beside the maps and stay in single precision.
    static let kernelLeaf = ".kernel"

    /// A convolution's kernel, packed already.
    /// - Throws: `DreamSimError` with `.missingWeight` or `.shapeMismatch`.
    func kernel(_ layer: String, outputs: Int, inputs: Int) throws(DreamSimError) -> PackedMatrix {
        let shape = PackedMatrix.shape(outputs: outputs, inputs: inputs)
        return PackedMatrix(panels: .single(try tensor(layer + Self.kernelLeaf, shape)), outputs: outputs)
    }
}
