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
        if let panels = tensors[name] {
            let shape = PackedMatrix.shape(outputs: outputs, inputs: inputs)
            guard panels.shape == shape else { throw fault(name, panels.shape, shape) }
            return PackedMatrix(panels: panels, outputs: outputs)
        }
        if let integers = integers[name] {
            // A file may hold anything; rounded rows of other blocks could take more room than networks have for them.
            return try matrix(
                integers, name, scales: layer, outputs: outputs, inputs: inputs, block: IntegerRows.block(for: inputs)
            ) {
                inputs >= Self.leastIntegers
                    && ($0.block == IntegerRows.block(for: inputs)
                        || inputs.isMultiple(of: $0.block) && $0.block.isMultiple(of: 4))
            }
        }
        let weight = try tensor(layer + ".weight", stored ?? [outputs, inputs])
        return PackedMatrix(packing: weight.reshaped([outputs, inputs]))
    }

    /// Integers with the scales of their layer.
    /// - Parameters:
    ///   - block: the inputs of a block, as an error names them.
    ///   - isUsable: whether integers that fit the weight are such as the layer takes.
    private func matrix(
        _ integers: IntegerTensor, _ name: String, scales layer: String, outputs: Int, inputs: Int, block: Int,
        _ isUsable: (IntegerPanels) -> Bool
    ) throws(DreamSimError) -> PackedMatrix {
        guard let scales = tensors[layer + Self.scalesLeaf] else {
            throw DreamSimError(
                .missingWeight, origin, key: layer + Self.scalesLeaf, "is not there; the integers of \(name) need it")
        }
        let panels = IntegerPanels(integers: integers, scales: scales)
        guard panels.fits(outputs: outputs, inputs: inputs), isUsable(panels) else {
            throw fault(
                name, integers.shape,
                IntegerPanels.shape(outputs: outputs, inputs: inputs, block: block, integers.precision))
        }
        return PackedMatrix(integers: panels, outputs: outputs, inputs: inputs)
    }

    private func fault(_ name: String, _ found: Shape, _ expected: Shape) -> DreamSimError {
        DreamSimError(.shapeMismatch, origin, key: name, "has shape \(found), expected \(expected)")
    }

    /// What ends the name of a convolution's packed kernel.
    static let kernelLeaf = ".kernel"

    /// A convolution's kernel, packed already.
    /// - Throws: `DreamSimError` with `.missingWeight` or `.shapeMismatch`.
    func kernel(
        _ layer: String, outputs: Int, inputChannels: Int, _ window: MapWindow
    ) throws(DreamSimError) -> PackedMatrix {
        let (name, inputs) = (layer + Self.kernelLeaf, window.size * window.size * inputChannels)
        guard let integers = integers[name] else {
            let shape = PackedMatrix.shape(outputs: outputs, inputs: inputs)
            return PackedMatrix(panels: try tensor(name, shape), outputs: outputs)
        }
        let block = Convolution.integerBlock(window, inputChannels: inputChannels)
        return try matrix(
            integers, name, scales: layer, outputs: outputs, inputs: inputs,
            block: block ?? IntegerRows.block(for: inputs)
        ) { $0.block == block && $0.precision == .int16 }
    }

    /// The same weights with the kernels of convolutions rounded to int16, but for the first, whose inputs are too few.
    package func rounded(for architecture: ConvolutionalArchitecture) -> WeightSet {
        var (rounded, channels) = (self, 3)
        for step in architecture.steps {
            for (name, outputs, inputs, window) in step.convolutions(of: channels) {
                channels = outputs
                guard let block = Convolution.integerBlock(window, inputChannels: inputs),
                    let panels = rounded.tensors.removeValue(forKey: name + Self.kernelLeaf)
                else { continue }
                let weight = PackedMatrix(panels: panels, outputs: outputs).unpacked()
                let integers = IntegerPanels(rounding: weight, to: .int16, block: block)
                rounded.integers[name + Self.kernelLeaf] = integers.integers
                rounded.tensors[name + Self.scalesLeaf] = integers.scales
            }
        }
        return rounded
    }
}
