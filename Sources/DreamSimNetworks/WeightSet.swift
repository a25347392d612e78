/// The weights of one network under their canonical names, which are those of DINO's vision transformer:
/// `cls_token`, `pos_embed`, `patch_embed.proj.weight`, `blocks.0.attn.qkv.weight`, `norm.weight`, and so on.
package struct WeightSet: Sendable {
    /// Where the weights come from, for error messages.
    package let origin: String
    /// Every weight by its canonical name.
    package internal(set) var tensors: [String: Tensor]

    /// Packed weights that are rounded to integers, by their names; their scales are among the tensors.
    package internal(set) var integers: [String: IntegerTensor]

    /// Gathers weights that already have canonical names.
    package init(origin: String, tensors: [String: Tensor]) {
        self.init(origin: origin, tensors: tensors, integers: [:])
    }

    /// Gathers weights that already have canonical names, some of them packed and rounded to integers.
    package init(origin: String, tensors: [String: Tensor], integers: [String: IntegerTensor]) {
        self.origin = origin
        self.tensors = tensors
        self.integers = integers
    }

    /// The weight of a name, whose elements are taken as `shape`; extents of one may be missing or added.
    /// - Throws: `DreamSimError` with `.missingWeight` or `.shapeMismatch`.
    func tensor(_ name: String, _ shape: Shape) throws(DreamSimError) -> Tensor {
        guard let tensor = tensors[name] else {
            throw DreamSimError(
                .missingWeight, origin, key: name,
                "is not there; the architecture needs it with shape \(shape). Nothing is filled in at random")
        }
        let essential = { (shape: Shape) in shape.dimensions.filter { $0 != 1 } }
        guard essential(tensor.shape) == essential(shape) else {
            throw DreamSimError(
                .shapeMismatch, origin, key: name, "has shape \(tensor.shape), expected \(shape)")
        }
        return tensor.reshaped(shape)
    }
}
