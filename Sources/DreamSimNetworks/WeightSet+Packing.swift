extension WeightSet {
    /// What takes the place of `.weight` in the name of a packed weight.
    static let packedLeaf = ".panels"

    /// What takes the place of `.weight` in the name of the scales of a weight that is rounded to integers.
    static let scalesLeaf = ".scales"

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

    /// The same weights, which are as published, with those of some linear layers rounded to integers and packed, and the
    /// others packed.
    package func packed(
        for configuration: VisionTransformerConfiguration, reading feature: Feature, in precision: Precision
    ) -> WeightSet {
        guard precision != .float32 else { return packed(for: configuration) }
        var rounded = self
        for (layer, block) in VisionTransformer.integerLayers(of: configuration, reading: feature) {
            guard let weight = rounded.tensors.removeValue(forKey: layer + ".weight") else { continue }
            let panels = IntegerPanels(
                rounding: weight.reshaped([weight.shape[0], weight.count / max(weight.shape[0], 1)]), to: precision,
                block: block)
            rounded.integers[layer + Self.packedLeaf] = panels.integers
            rounded.tensors[layer + Self.scalesLeaf] = panels.scales
        }
        return rounded.packed(for: configuration)
    }

    /// The same weights with those of linear layers that are packed in single precision as they were before.
    package func unpacked(for configuration: VisionTransformerConfiguration) -> WeightSet {
        var unpacked = self
        for layer in VisionTransformer.linearLayers(of: configuration) {
            guard let panels = tensors[layer + Self.packedLeaf], let bias = tensors[layer + ".bias"],
                panels.shape
                    == PackedMatrix.shape(outputs: bias.count, inputs: panels.shape.rank > 1 ? panels.shape[1] : 0)
            else { continue }
            unpacked.tensors[layer + Self.packedLeaf] = nil
            unpacked.tensors[layer + ".weight"] = PackedMatrix(panels: panels, outputs: bias.count).unpacked()
        }
        return unpacked
    }

    /// Below this width layers stay in single precision: scales would take more than integers save.
    static let leastIntegers = 16

    /// Whether a name is that of a packed weight.
    package static func isPacked(_ name: String) -> Bool { name.hasSuffix(packedLeaf) }

    /// A linear layer's weight, packed already or packed here.
    /// - Throws: `DreamSimError` with `.missingWeight` or `.shapeMismatch`.
    func matrix(_ layer: String, outputs: Int, inputs: Int, stored: Shape? = nil) throws(DreamSimError) -> PackedMatrix
    {
        let name = layer + Self.packedLeaf
        func fault(_ found: Shape, _ expected: Shape) -> DreamSimError {
            DreamSimError(.shapeMismatch, origin, key: name, "has shape \(found), expected \(expected)")
        }
        if let panels = tensors[name] {
            let shape = PackedMatrix.shape(outputs: outputs, inputs: inputs)
            guard panels.shape == shape else { throw fault(panels.shape, shape) }
            return PackedMatrix(panels: panels, outputs: outputs)
        }
        if let integers = integers[name] {
            guard let scales = tensors[layer + Self.scalesLeaf] else {
                throw DreamSimError(
                    .missingWeight, origin, key: layer + Self.scalesLeaf,
                    "is not there; the integers of \(name) need it")
            }
            let panels = IntegerPanels(integers: integers, scales: scales)
            // A file may hold anything; rounded rows of other blocks could take more room than networks have for them.
            guard panels.fits(outputs: outputs, inputs: inputs), inputs >= Self.leastIntegers,
                panels.block == IntegerRows.block(for: inputs)
                    || inputs.isMultiple(of: panels.block) && panels.block.isMultiple(of: 4)
            else {
                throw fault(
                    integers.shape,
                    IntegerPanels.shape(
                        outputs: outputs, inputs: inputs, block: IntegerRows.block(for: inputs), integers.precision))
            }
            return PackedMatrix(integers: panels, outputs: outputs, inputs: inputs)
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
        return PackedMatrix(panels: try tensor(layer + Self.kernelLeaf, shape), outputs: outputs)
    }
}
