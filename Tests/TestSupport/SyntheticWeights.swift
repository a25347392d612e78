import DreamSimSupport
public import DreamSimTensors

/// Weights that are a pure function of their names, the same as `Scripts/parity/synthetic_release.py` makes.
public enum SyntheticWeights {
    /// A tensor's values.
    /// - Parameters:
    ///   - space: the backbone's name, or the adapter's folder for LoRA weights.
    ///   - name: the tensor's name in its file.
    public static func tensor(_ space: String, _ name: String, _ shape: Shape) -> Tensor {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(space)/\(name)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var generator = SeededGenerator(state: hash)
        let (offset, scale) = spread(name, shape)
        return Tensor(uninitialized: shape) { values in
            for i in values.indices {
                let unit = Float(Int(generator.next() >> 40) - (1 << 23)) / Float(1 << 23)
                let scaled = scale * unit
                values[i] = offset + scaled
            }
        }
    }

    private static func spread(_ name: String, _ shape: Shape) -> (offset: Float, scale: Float) {
        let isNorm = name.contains("norm") || name.hasPrefix("pos_drop")
        if name.hasSuffix(".gamma") { return (0.5, 0.25) }
        if isNorm { return name.hasSuffix(".weight") ? (1, 0.1) : (0, 0.1) }
        if name.contains("lora_") { return (0, 0.3) }
        if name == "proj" { return (0, 0.0625) }
        return shape.rank == 1 || ["cls_token", "pos_embed"].contains(name) ? (0, 0.03) : (0, 0.06)
    }
}
